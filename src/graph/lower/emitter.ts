/** Collects the nodes of an ONNX model while a graph is lowered. Equal nodes are shared, so lowering rules may freely repeat a layout change. */
import type { Shape } from '../../core/shape.ts';
import { sameShape, sizeOf } from '../../core/shape.ts';
import type { Dtype, TensorData } from '../../core/tensor.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode, OnnxTensorInfo } from '../onnx-model.ts';

/** The machine a graph is lowered for. */
export interface Target {
  readonly device: 'cpu' | 'cuda' | 'webgpu' | 'wasm';
  /** `exact`: direct convolution and two-pass statistics, for strict tolerances; `fast`: what was measured fastest. */
  readonly mode: 'fast' | 'exact';
}

/** A value of the ONNX model. */
export type Ref = OnnxTensorInfo;

export type AttributeInput = number | string | readonly number[] | { readonly float: number };

export interface Emitter {
  readonly target: Target;
  /** Emits one node with one output of the given shape (float32 unless said). */
  node(op: string, inputs: readonly (Ref | undefined)[], shape: Shape, attributes?: Readonly<Record<string, AttributeInput>>, options?: { dtype?: Dtype; domain?: string }): Ref;
  constant(data: TensorData, shape: Shape, dtype: Dtype): Ref;
  input(name: string, shape: Shape, dtype: Dtype): Ref;
  /** `flat` names outputs that may have any shape of their size: a last Reshape, which would copy, is left out. */
  finish(outputs: Readonly<Record<string, Ref>>, flat?: ReadonlySet<string>): OnnxModel;
}

const OPSET = 21;

const attribute = (v: AttributeInput): OnnxAttribute =>
  typeof v === 'string' ? { kind: 'string', value: v }
    : typeof v === 'number' ? { kind: 'int', value: v }
      : 'float' in v ? { kind: 'float', value: v.float }
        : { kind: 'ints', value: v };

export function createEmitter(target: Target): Emitter {
  const nodes: OnnxNode[] = [];
  const inputs: Ref[] = [];
  const constants = new Map<string, OnnxInitializer>();
  const byContent = new Map<string, Ref>();
  const byArray = new Map<TensorData, Ref>();
  const shared = new Map<string, Ref>();
  const types = new Map<string, { dtype: Dtype; shape: Shape }>();
  let count = 0;

  return {
    target,
    node(op, operands, shape, attributes = {}, { dtype = 'float32', domain = '' } = {}) {
      const key = `${op}(${operands.map((r) => r?.name ?? '').join()})${JSON.stringify(attributes)}${dtype}[${shape.join()}]`;
      const known = shared.get(key);
      if (known) return known;
      const name = `${op}_${count++}`;
      const ref: Ref = { name, dtype, shape };
      nodes.push({ op, domain, name, inputs: operands.map((r) => r?.name ?? ''), outputs: [name], attributes: Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, attribute(v)])) });
      types.set(name, { dtype, shape });
      shared.set(key, ref);
      return ref;
    },
    constant(data, shape, dtype) {
      const known = byArray.get(data);
      if (known && sameShape(known.shape, shape)) return known;
      const key = data.length <= 64 ? `${dtype}[${shape.join()}]${Array.from(data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v))).join()}` : undefined;
      const equal = key === undefined ? undefined : byContent.get(key);
      if (equal) return equal;
      const ref: Ref = { name: `constant_${count++}`, dtype, shape };
      constants.set(ref.name, { ...ref, data });
      if (key === undefined) byArray.set(data, ref);
      else byContent.set(key, ref);
      return ref;
    },
    input(name, shape, dtype) {
      const ref: Ref = { name, dtype, shape };
      inputs.push(ref);
      return ref;
    },
    finish(outputs, flat = new Set()) {
      // Graph outputs have names of their own, so the producing node is renamed where it can be; an Identity stands in where it cannot.
      const producers = new Map(nodes.map((node) => [node.outputs[0], node]));
      const rename = new Map<string, string>();
      const list: Ref[] = [];
      const extra: OnnxNode[] = [];
      const chosen = Object.entries(outputs).map(([name, ref]) => [name, flat.has(name) ? reshapeSources.get(ref) ?? ref : ref] as const);
      for (const [name, ref] of chosen) {
        list.push({ name, dtype: ref.dtype, shape: ref.shape });
        if (producers.has(ref.name) && !rename.has(ref.name)) rename.set(ref.name, name);
        else extra.push({ op: 'Identity', domain: '', name: `output_${name}`, inputs: [ref.name], outputs: [name], attributes: {} });
      }
      const needed = new Set(Object.values(outputs).map((ref) => ref.name));
      const kept: OnnxNode[] = [];
      for (let i = nodes.length - 1; i >= 0; i--) {
        if (!needed.has(nodes[i].outputs[0])) continue;
        kept.push(nodes[i]);
        nodes[i].inputs.forEach((name) => needed.add(name));
      }
      const renamed = (name: string): string => rename.get(name) ?? name;
      const final = [...kept.reverse(), ...extra].map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) }));
      return {
        opset: OPSET,
        nodes: final,
        initializers: [...constants.values()].filter((c) => needed.has(c.name)),
        inputs: inputs.filter((ref) => needed.has(ref.name)),
        outputs: list,
        types: new Map([...types].map(([name, type]) => [renamed(name), type])),
      };
    },
  };
}

// The few nodes that every rule uses, with their shapes worked out.

export const floats = (e: Emitter, values: readonly number[], shape: Shape = [values.length]): Ref => e.constant(Float32Array.from(values), shape, 'float32');
export const longs = (e: Emitter, values: readonly number[]): Ref => e.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');

/** What a Reshape was made of: a chain of them is its last one, and a way there and back is nothing. */
const reshapeSources = new WeakMap<Ref, Ref>();
export function reshaped(e: Emitter, x: Ref, shape: Shape): Ref {
  const source = reshapeSources.get(x) ?? x;
  if (sameShape(source.shape, shape)) return source;
  const y = e.node('Reshape', [source, longs(e, shape)], shape, {}, { dtype: x.dtype });
  reshapeSources.set(y, source);
  return y;
}
export const transposed = (e: Emitter, x: Ref, perm: readonly number[]): Ref =>
  perm.every((k, i) => k === i) ? x : e.node('Transpose', [x], perm.map((k) => x.shape[k]), { perm }, { dtype: x.dtype });
export const padded = (e: Emitter, x: Ref, pads: readonly number[]): Ref => {
  const rank = x.shape.length;
  return pads.every((n) => n === 0) ? x : e.node('Pad', [x, longs(e, pads)], x.shape.map((d, i) => d + pads[i] + pads[i + rank]), {}, { dtype: x.dtype });
};
/** Several axes at once; every range lies within its axis. A negative step needs an end of −1 to run through element 0. */
export function sliced(e: Emitter, x: Ref, axes: readonly number[], starts: readonly number[], ends: readonly number[], steps: readonly number[] = axes.map(() => 1)): Ref {
  const shape = x.shape.map((d, i) => {
    const k = axes.indexOf(i);
    return k < 0 ? d : Math.ceil((ends[k] - starts[k]) / steps[k]);
  });
  if (sameShape(shape, x.shape) && steps.every((s) => s === 1)) return x;
  const written = ends.map((end) => (end < 0 ? -1e9 : end));
  return e.node('Slice', [x, longs(e, starts), longs(e, written), longs(e, axes), longs(e, steps)], shape, {}, { dtype: x.dtype });
}
export const concatenated = (e: Emitter, inputs: readonly Ref[], axis: number): Ref =>
  inputs.length === 1 ? inputs[0] : e.node('Concat', inputs, inputs[0].shape.map((d, i) => (i === axis ? inputs.reduce((sum, r) => sum + r.shape[i], 0) : d)), { axis }, { dtype: inputs[0].dtype });

const swap = (rank: number): number[] => Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));

/** alpha · op(a) op(b). ONNX Runtime's FusedMatMul reads transposed operands in place on the CPU and in WASM; elsewhere it would fall back to the CPU. */
export function product(e: Emitter, a: Ref, b: Ref, { transA = false, transB = false, alpha = 1 } = {}): Ref {
  const [m, n] = [a.shape.at(transA ? -1 : -2)!, b.shape.at(transB ? -2 : -1)!];
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(leadA.length, leadB.length);
  const lead = Array.from({ length: rank }, (_, i) => Math.max(leadA[leadA.length - rank + i] ?? 1, leadB[leadB.length - rank + i] ?? 1));
  const shape = [...lead, m, n];
  if (!transA && !transB && alpha === 1) return e.node('MatMul', [a, b], shape);
  if (e.target.device === 'cpu' || e.target.device === 'wasm') {
    return e.node('FusedMatMul', [a, b], shape, { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } }, { domain: 'com.microsoft' });
  }
  const y = e.node('MatMul', [transA ? transposed(e, a, swap(a.shape.length)) : a, transB ? transposed(e, b, swap(b.shape.length)) : b], shape);
  return alpha === 1 ? y : e.node('Mul', [y, floats(e, [alpha], [])], shape);
}

/** Below this length a call of the matrix product costs more than a product in memory and its sum. */
const SHORTEST_DOT = 512;

/** Σ over the last `count` axes of x·y (same shapes), those axes dropped: a batch of dot products. */
export function dot(e: Emitter, x: Ref, y: Ref, count: number): Ref {
  const kept = x.shape.slice(0, x.shape.length - count);
  const [rows, length] = [sizeOf(kept), sizeOf(x.shape.slice(x.shape.length - count))];
  if ((e.target.device === 'cpu' || e.target.device === 'wasm') && length >= SHORTEST_DOT) {
    const flat = (r: Ref): Ref => reshaped(e, r, [rows, 1, length]);
    return reshaped(e, product(e, flat(x), flat(y), { transB: true }), kept);
  }
  const squared = e.node('Mul', [reshaped(e, x, [rows, length]), reshaped(e, y, [rows, length])], [rows, length]);
  return reshaped(e, e.node('ReduceSum', [squared, longs(e, [1])], [rows], { keepdims: 0 }), kept);
}
