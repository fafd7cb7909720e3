/** Reductions over axes: sum, mean and maximum. */
import { check } from '../../core/errors.ts';
import { normalizeAxis, sizeOf, stridesOf, type Shape } from '../../core/shape.ts';
import type { AnyTensor } from '../../core/tensor.ts';
import type { Attributes, OpRecord, Value } from '../types.ts';
import { cast, div, equal, expand, mul } from './elementwise.ts';
import { reshape } from './shaping.ts';

const keptShape = (shape: Shape, axes: readonly number[]): number[] => shape.map((d, i) => (axes.includes(i) ? 1 : d));

function reducedShape(shape: Shape, { axes, keepDims }: Attributes): number[] {
  const over = axes as readonly number[];
  return keepDims ? keptShape(shape, over) : shape.filter((_, i) => !over.includes(i));
}

/** Folds `x` over `axes` into a flat array of the kept dimensions. */
function fold(x: AnyTensor, axes: readonly number[], start: number, f: (sum: number, v: number) => number): Float64Array {
  const kept = keptShape(x.shape, axes);
  const out = new Float64Array(sizeOf(kept)).fill(start);
  const strides = stridesOf(kept).map((s, i) => (kept[i] === 1 ? 0 : s));
  const index = new Array<number>(x.shape.length).fill(0);
  for (let i = 0; i < x.data.length; i++) {
    let at = 0;
    for (let k = 0; k < index.length; k++) at += index[k] * strides[k];
    out[at] = f(out[at], Number(x.data[i]));
    for (let k = index.length - 1; k >= 0 && ++index[k] === x.shape[k]; k--) index[k] = 0;
  }
  return out;
}

export const REDUCE_SUM: OpRecord = {
  name: 'reduceSum',
  infer: ([x], attributes) => ({ shape: reducedShape(x.shape, attributes), dtype: x.dtype }),
  gradient: ({ inputs: [x], attributes }, g) => [expand(reshape(g, keptShape(x.shape, attributes.axes as readonly number[])), x.shape)],
  reference: ([x], { axes }) => fold(x, axes as readonly number[], 0, (s, v) => s + v),
};

/** Where several elements share the maximum, the cotangent is split evenly among them. */
export const REDUCE_MAX: OpRecord = {
  name: 'reduceMax',
  infer: ([x], attributes) => ({ shape: reducedShape(x.shape, attributes), dtype: x.dtype }),
  gradient(value, g) {
    const [x] = value.inputs;
    const axes = value.attributes.axes as readonly number[];
    const kept = keptShape(x.shape, axes);
    const hit = cast(equal(x, reshape(value, kept)), 'float32');
    return [mul(hit, div(reshape(g, kept), reduceSum(hit, axes, true)))];
  },
  reference: ([x], { axes }) => fold(x, axes as readonly number[], -Infinity, Math.max),
};


const reduction = (record: OpRecord) => (x: Value, axes: readonly number[], keepDims = false): Value => {
  const over = [...new Set(axes.map((a) => normalizeAxis(record.name, a, x.shape.length)))].sort((a, b) => a - b);
  check(over.length > 0, record.name, 'give at least one axis');
  return x.graph.node(record, [x], { axes: over, keepDims });
};

export const reduceSum = reduction(REDUCE_SUM);
export const reduceMax = reduction(REDUCE_MAX);
export function reduceMean(x: Value, axes: readonly number[], keepDims = false): Value {
  const sum = reduceSum(x, axes, keepDims);
  return mul(sum, sizeOf(sum.shape) / sizeOf(x.shape));
}
/** Sum of all elements, a scalar. */
export const sumAll = (x: Value): Value => (x.shape.length === 0 ? x : reduceSum(x, x.shape.map((_, i) => i)));
