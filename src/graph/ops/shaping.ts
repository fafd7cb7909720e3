/** Operators that move elements and compute nothing: reshape, transpose, concat, slice, pad. Each one's adjoint is another of them. */
import { check } from '../../core/errors.ts';
import { normalizeAxis, sameShape, showShape, sizeOf, stridesOf, type Shape } from '../../core/shape.ts';
import type { AnyTensor } from '../../core/tensor.ts';
import type { OpRecord, Value } from '../types.ts';

const ints = (v: unknown): readonly number[] => v as readonly number[];

/** Reads `x` at `offset + Σ index·stride` for every index of `shape`. */
function strided(x: AnyTensor, shape: Shape, strides: readonly number[], offset = 0): number[] {
  const out = new Array<number>(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < out.length; i++) {
    let at = offset;
    for (let k = 0; k < index.length; k++) at += index[k] * strides[k];
    out[i] = Number(x.data[at]);
    for (let k = index.length - 1; k >= 0 && ++index[k] === shape[k]; k--) index[k] = 0;
  }
  return out;
}

export const RESHAPE: OpRecord = {
  name: 'reshape',
  infer([x], { shape }) {
    check(sizeOf(ints(shape)) === sizeOf(x.shape), 'reshape', () => `${showShape(x.shape)} has ${sizeOf(x.shape)} elements but ${showShape(ints(shape))} needs ${sizeOf(ints(shape))}`);
    return { shape: ints(shape), dtype: x.dtype };
  },
  gradient: ({ inputs: [x] }, g) => [reshape(g, x.shape)],
  reference: ([x]) => Array.from(x.data as ArrayLike<number>, Number),
};

export const TRANSPOSE: OpRecord = {
  name: 'transpose',
  infer([x], { permutation }) {
    const p = ints(permutation);
    check(p.length === x.shape.length && new Set(p).size === p.length && p.every((k) => k >= 0 && k < p.length), 'transpose', () => `[${p}] is not a permutation of the ${x.shape.length} axes`);
    return { shape: p.map((k) => x.shape[k]), dtype: x.dtype };
  },
  gradient({ attributes }, g) {
    const p = ints(attributes.permutation);
    return [transpose(g, p.map((_, i) => p.indexOf(i)))];
  },
  reference([x], { permutation }, { shape }) {
    const strides = stridesOf(x.shape);
    return strided(x, shape, ints(permutation).map((k) => strides[k]));
  },
};

export const CONCAT: OpRecord = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [x] = inputs;
    for (const other of inputs) {
      check(other.dtype === x.dtype && other.shape.length === x.shape.length && other.shape.every((d, i) => i === axis || d === x.shape[i]),
        'concat', () => `shapes ${inputs.map((v) => showShape(v.shape)).join(', ')} differ outside axis ${axis}`);
    }
    return { shape: x.shape.map((d, i) => (i === axis ? inputs.reduce((sum, v) => sum + v.shape[i], 0) : d)), dtype: x.dtype };
  },
  gradient({ inputs, attributes }, g) {
    const axis = attributes.axis as number;
    let at = 0;
    return inputs.map((x) => slice(g, axis, at, (at += x.shape[axis])));
  },
  reference(inputs, { axis }, { shape }) {
    const inner = sizeOf(shape.slice((axis as number) + 1));
    const out: number[] = [];
    for (let outer = 0; outer < sizeOf(shape.slice(0, axis as number)); outer++) {
      for (const x of inputs) {
        const run = x.shape[axis as number] * inner;
        for (let i = 0; i < run; i++) out.push(Number(x.data[outer * run + i]));
      }
    }
    return out;
  },
};

/** Elements start, start + step, … before `end` of one axis (step may be negative: then `end` is exclusive downwards, −1 meaning through 0). */
export const SLICE: OpRecord = {
  name: 'slice',
  infer([x], attributes) {
    const [axis, start, end, step] = [attributes.axis, attributes.start, attributes.end, attributes.step] as number[];
    const d = x.shape[axis];
    const count = Math.ceil((end - start) / step);
    check(step !== 0 && start >= 0 && start < d && end >= -1 && end <= d && count > 0, 'slice', () => `range ${start}:${end}:${step} does not lie within axis ${axis} of ${showShape(x.shape)}`);
    return { shape: x.shape.map((n, i) => (i === axis ? count : n)), dtype: x.dtype };
  },
  gradient({ inputs: [x], attributes, shape }, g) {
    const [axis, start, step] = [attributes.axis, attributes.start, attributes.step] as number[];
    const flipped = step < 0 ? slice(g, axis, shape[axis] - 1, -1, -1) : g;
    const low = step < 0 ? start + step * (shape[axis] - 1) : start;
    const spread = Math.abs(step) === 1 ? flipped : dilate(flipped, axis, Math.abs(step));
    return [padAxis(spread, axis, low, x.shape[axis] - low - spread.shape[axis])];
  },
  reference([x], attributes, { shape }) {
    const [axis, start, step] = [attributes.axis, attributes.start, attributes.step] as number[];
    const strides = stridesOf(x.shape);
    return strided(x, shape, strides.map((s, i) => (i === axis ? s * step : s)), start * strides[axis]);
  },
};

/** Pads with zeros: `pads` = before of every axis, then after of every axis. */
export const PAD: OpRecord = {
  name: 'pad',
  infer([x], { pads }) {
    const p = ints(pads);
    const rank = x.shape.length;
    check(p.length === 2 * rank && p.every((n) => Number.isInteger(n) && n >= 0), 'pad', () => `[${p}] must hold ${2 * rank} non-negative integers (before each axis, then after each)`);
    return { shape: x.shape.map((d, i) => d + p[i] + p[i + rank]), dtype: x.dtype };
  },
  gradient({ inputs: [x], attributes }, g) {
    const p = ints(attributes.pads);
    return [x.shape.reduce<Value>((v, d, i) => slice(v, i, p[i], p[i] + d), g)];
  },
  reference([x], { pads }, { shape }) {
    const p = ints(pads);
    const out = new Array<number>(sizeOf(shape)).fill(0);
    const strides = stridesOf(shape);
    const index = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < x.data.length; i++) {
      let at = 0;
      for (let k = 0; k < index.length; k++) at += (index[k] + p[k]) * strides[k];
      out[at] = Number(x.data[i]);
      for (let k = index.length - 1; k >= 0 && ++index[k] === x.shape[k]; k--) index[k] = 0;
    }
    return out;
  },
};

export const reshape = (x: Value, shape: Shape): Value => (sameShape(x.shape, shape) ? x : x.graph.node(RESHAPE, [x], { shape }));
export const transpose = (x: Value, permutation: readonly number[]): Value =>
  permutation.every((k, i) => k === i) ? x : x.graph.node(TRANSPOSE, [x], { permutation });
export function concat(inputs: readonly Value[], axis: number): Value {
  check(inputs.length > 0, 'concat', 'give at least one value');
  const at = normalizeAxis('concat', axis, inputs[0].shape.length);
  return inputs.length === 1 ? inputs[0] : inputs[0].graph.node(CONCAT, inputs, { axis: at });
}
export function slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  const at = normalizeAxis('slice', axis, x.shape.length);
  return start === 0 && end === x.shape[at] && step === 1 ? x : x.graph.node(SLICE, [x], { axis: at, start, end, step });
}
export const pad = (x: Value, pads: readonly number[]): Value => (pads.every((n) => n === 0) ? x : x.graph.node(PAD, [x], { pads }));
export function padAxis(x: Value, axis: number, before: number, after: number): Value {
  const rank = x.shape.length;
  return pad(x, Array.from({ length: 2 * rank }, (_, i) => (i === axis ? before : i === axis + rank ? after : 0)));
}
/** Puts `step` − 1 zeros between the elements of one axis. */
export function dilate(x: Value, axis: number, step: number): Value {
  const d = x.shape[axis];
  const split = reshape(x, [...x.shape.slice(0, axis), d, 1, ...x.shape.slice(axis + 1)]);
  const spread = padAxis(split, axis + 1, 0, step - 1);
  const flat = reshape(spread, x.shape.map((n, i) => (i === axis ? d * step : n)));
  return slice(flat, axis, 0, (d - 1) * step + 1);
}
/** Cuts one axis into consecutive parts of the given sizes. */
export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  let at = 0;
  return sizes.map((n) => slice(x, axis, at, (at += n)));
}
/** Swaps the last two axes. */
export function swapLast(x: Value): Value {
  const r = x.shape.length;
  return transpose(x, x.shape.map((_, i) => (i === r - 1 ? r - 2 : i === r - 2 ? r - 1 : i)));
}
