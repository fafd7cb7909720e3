/**
 * Elementwise operators with NumPy broadcasting: y_i = f(a_i, b_i, …). The cotangent of an operand that was broadcast is summed
 * over the broadcast axes (the adjoint of a copy is a sum).
 */
import { check } from '../../core/errors.ts';
import { broadcastShapes, sameShape, showShape, sizeOf, stridesOf, type Shape } from '../../core/shape.ts';
import type { Dtype } from '../../core/tensor.ts';
import type { OpRecord, Value } from '../types.ts';
import { erf } from './erf.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shaping.ts';

/** A scalar or small float constant of `like`'s graph. */
export const constantLike = (like: Value, value: number): Value => like.graph.constant(Float32Array.of(value), [], 'float32');

const lift = (a: Value | number, other: Value | number): Value => {
  if (typeof a !== 'number') return a;
  check(typeof other !== 'number', 'elementwise', 'at least one operand must be a graph value');
  return constantLike(other, a);
};

/** Sums a broadcast cotangent back to `shape`. */
export function sumTo(g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.shape.length - shape.length;
  const axes = g.shape.flatMap((d, i) => (d !== (shape[i - lead] ?? 1) ? [i] : []));
  return reshape(axes.length ? reduceSum(g, axes, true) : g, shape);
}

/** Maps every output element to an offset in a broadcast operand. */
export function broadcastOffsets(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  const offsets = new Int32Array(sizeOf(to));
  const index = new Array<number>(to.length).fill(0);
  for (let i = 0; i < offsets.length; i++) {
    let at = 0;
    for (let k = lead; k < to.length; k++) at += from[k - lead] === 1 ? 0 : index[k] * strides[k - lead];
    offsets[i] = at;
    for (let k = to.length - 1; k >= 0 && ++index[k] === to[k]; k--) index[k] = 0;
  }
  return offsets;
}

type Rule = (value: Value, g: Value) => Value | undefined;

function unary(name: string, f: (x: number) => number, rule?: Rule, dtype: { from: Dtype; to: Dtype } = { from: 'float32', to: 'float32' }): OpRecord {
  return {
    name,
    infer([x]) {
      check(x.dtype === dtype.from, name, `needs ${dtype.from} but got ${x.dtype}`);
      return { shape: x.shape, dtype: dtype.to };
    },
    gradient: rule && ((value, g) => [rule(value, g)]),
    reference: ([x]) => Array.from(x.data as ArrayLike<number>, (v) => f(Number(v))),
  };
}

function binary(name: string, f: (a: number, b: number) => number, rules?: readonly [Rule, Rule], to: Dtype = 'float32'): OpRecord {
  return {
    name,
    infer([a, b]) {
      check(a.dtype === b.dtype, name, `operands have dtypes ${a.dtype} and ${b.dtype}; cast one`);
      return { shape: broadcastShapes(name, a.shape, b.shape), dtype: to };
    },
    gradient: rules && ((value, g) => value.inputs.map((input, i) => {
      const cotangent = rules[i](value, g);
      return cotangent && sumTo(cotangent, input.shape);
    })),
    reference([a, b], _, type) {
      const ia = broadcastOffsets(a.shape, type.shape);
      const ib = broadcastOffsets(b.shape, type.shape);
      return Array.from(ia, (at, i) => f(Number(a.data[at]), Number(b.data[ib[i]])));
    },
  };
}

const first = (v: Value): Value => v.inputs[0];
const second = (v: Value): Value => v.inputs[1];

export const ADD = binary('add', (a, b) => a + b, [(_, g) => g, (_, g) => g]);
export const SUB = binary('sub', (a, b) => a - b, [(_, g) => g, (_, g) => neg(g)]);
export const MUL = binary('mul', (a, b) => a * b, [(v, g) => mul(g, second(v)), (v, g) => mul(g, first(v))]);
export const DIV = binary('div', (a, b) => a / b, [(v, g) => div(g, second(v)), (v, g) => neg(div(mul(g, v), second(v)))]);
/** Where two elements are equal the whole cotangent goes to the first operand. */
export const MAXIMUM = binary('maximum', Math.max, [
  (v, g) => where(less(first(v), second(v)), 0, g),
  (v, g) => where(less(first(v), second(v)), g, 0),
]);
export const MINIMUM = binary('minimum', Math.min, [
  (v, g) => where(less(second(v), first(v)), 0, g),
  (v, g) => where(less(second(v), first(v)), g, 0),
]);
export const LESS = binary('less', (a, b) => Number(a < b), undefined, 'bool');
export const EQUAL = binary('equal', (a, b) => Number(a === b), undefined, 'bool');

export const NEG = unary('neg', (x) => -x, (_, g) => neg(g));
export const ABS = unary('abs', Math.abs, (v, g) => where(less(first(v), 0), neg(g), g));
export const EXP = unary('exp', Math.exp, (v, g) => mul(g, v));
export const LOG = unary('log', Math.log, (v, g) => div(g, first(v)));
export const SQUARE = unary('square', (x) => x * x, (v, g) => mul(first(v), mul(g, 2)));
export const SQRT = unary('sqrt', Math.sqrt, (v, g) => div(mul(g, 0.5), v));
export const SIN = unary('sin', Math.sin, (v, g) => mul(g, cos(first(v))));
export const COS = unary('cos', Math.cos, (v, g) => neg(mul(g, sin(first(v)))));
export const TANH = unary('tanh', Math.tanh, (v, g) => mul(g, sub(1, mul(v, v))));
export const ERF = unary('erf', erf, (v, g) => mul(g, mul(exp(neg(mul(first(v), first(v)))), 2 / Math.sqrt(Math.PI))));
export const RELU = unary('relu', (x) => Math.max(x, 0), (v, g) => where(less(0, first(v)), g, 0));
const sigma = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
export const SIGMOID = unary('sigmoid', sigma, (v, g) => mul(g, mul(v, sub(1, v))));
/** silu(x) = x·σ(x); silu′ = σ(x)·(1 + x − silu(x)). */
export const SILU = unary('silu', (x) => x * sigma(x), (v, g) => mul(g, mul(sigmoid(first(v)), add(sub(first(v), v), 1))));
export const NOT = unary('not', (x) => 1 - x, undefined, { from: 'bool', to: 'bool' });

export const WHERE: OpRecord = {
  name: 'where',
  infer([condition, a, b]) {
    check(condition.dtype === 'bool', 'where', `the condition must be bool but is ${condition.dtype}`);
    check(a.dtype === b.dtype, 'where', `branches have dtypes ${a.dtype} and ${b.dtype}`);
    return { shape: broadcastShapes('where', broadcastShapes('where', condition.shape, a.shape), b.shape), dtype: a.dtype };
  },
  gradient({ inputs: [condition, a, b] }, g) {
    return [undefined, sumTo(where(condition, g, 0), a.shape), sumTo(where(condition, 0, g), b.shape)];
  },
  reference([condition, a, b], _, { shape }) {
    const [ic, ia, ib] = [condition, a, b].map((t) => broadcastOffsets(t.shape, shape));
    return Array.from(ic, (at, i) => Number(condition.data[at] ? a.data[ia[i]] : b.data[ib[i]]));
  },
};

export const CAST: OpRecord = {
  name: 'cast',
  infer: ([x], { to }) => ({ shape: x.shape, dtype: to as Dtype }),
  gradient: ({ inputs: [x] }, g) => [x.dtype === 'float32' ? cast(g, 'float32') : undefined],
  reference([x], { to }) {
    const values = Array.from(x.data as ArrayLike<number | bigint>, Number);
    return to === 'float32' ? values : values.map(to === 'bool' ? (v) => Number(v !== 0) : Math.trunc);
  },
};

/** Copies `x` along broadcast axes to `shape`. */
export const EXPAND: OpRecord = {
  name: 'expand',
  infer([x], { shape }) {
    const to = shape as readonly number[];
    check(sameShape(broadcastShapes('expand', x.shape, to), to), 'expand', () => `${showShape(x.shape)} does not broadcast to ${showShape(to)}`);
    return { shape: to, dtype: x.dtype };
  },
  gradient: ({ inputs: [x] }, g) => [sumTo(g, x.shape)],
  reference: ([x], _, { shape }) => Array.from(broadcastOffsets(x.shape, shape), (at) => Number(x.data[at])),
};

type Operand = Value | number;

/** A broadcast operand need not be copied first: an elementwise operator broadcasts anyway, and one with a scalar acts before the copy. */
const apply2 = (record: OpRecord) => (a: Operand, b: Operand): Value => {
  const [x, y] = [lift(a, b), lift(b, a)];
  for (const [copy, other] of [[x, y], [y, x]]) {
    if (copy.record !== EXPAND) continue;
    const source = copy.inputs[0];
    const operands = copy === x ? [source, other] : [other, source];
    if (sameShape(other.shape, copy.shape) && other.record !== EXPAND) return x.graph.node(record, operands);
    if (sizeOf(other.shape) === 1 && other.shape.length <= copy.shape.length) return expand(x.graph.node(record, operands), copy.shape);
  }
  return x.graph.node(record, [x, y]);
};
const apply1 = (record: OpRecord) => (x: Value): Value =>
  x.record === EXPAND ? expand(x.graph.node(record, [x.inputs[0]]), x.shape) : x.graph.node(record, [x]);

export const add = apply2(ADD);
export const sub = apply2(SUB);
export const mul = apply2(MUL);
export const div = apply2(DIV);
export const maximum = apply2(MAXIMUM);
export const minimum = apply2(MINIMUM);
export const less = apply2(LESS);
export const equal = apply2(EQUAL);
export const neg = apply1(NEG);
export const abs = apply1(ABS);
export const exp = apply1(EXP);
export const log = apply1(LOG);
export const square = apply1(SQUARE);
export const sqrt = apply1(SQRT);
export const sin = apply1(SIN);
export const cos = apply1(COS);
export const tanh = apply1(TANH);
export const erfOf = apply1(ERF);
export const relu = apply1(RELU);
export const sigmoid = apply1(SIGMOID);
export const silu = apply1(SILU);
export const not = apply1(NOT);

/** Elementwise choice: `condition ? a : b`. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const value = (x: Operand): Value => (typeof x === 'number' ? constantLike(condition, x) : x);
  return condition.graph.node(WHERE, [condition, value(a), value(b)]);
}
export const cast = (x: Value, to: Dtype): Value => (x.dtype === to ? x : x.graph.node(CAST, [x], { to }));
export const expand = (x: Value, shape: Shape): Value => (sameShape(x.shape, shape) ? x : x.graph.node(EXPAND, [x], { shape }));

/** gelu(x) = x·Φ(x), by the error function (exact) or the usual tanh approximation (Hendrycks and Gimpel 2016). */
export function gelu(x: Value, approximate: 'none' | 'tanh' = 'none'): Value {
  if (approximate === 'none') return mul(mul(x, 0.5), add(erfOf(mul(x, Math.SQRT1_2)), 1));
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}
export const clamp = (x: Value, low: number, high: number): Value => minimum(maximum(x, low), high);
