/** Softmax over the last axis, y = exp(x − max x) / Σ exp(x − max x), and its logarithm. dx = y ⊙ (g − Σ g ⊙ y). */
import type { AnyTensor } from '../../core/tensor.ts';
import type { OpRecord, Value } from '../types.ts';
import { exp, mul, sub } from './elementwise.ts';
import { reduceSum } from './reduce.ts';

function rows(x: AnyTensor, f: (row: number[]) => number[]): number[] {
  const n = x.shape.at(-1)!;
  const out: number[] = [];
  for (let at = 0; at < x.data.length; at += n) out.push(...f(Array.from(x.data.subarray(at, at + n) as ArrayLike<number>, Number)));
  return out;
}
const logSumExp = (row: readonly number[]): number => {
  const top = Math.max(...row);
  return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
};

export const SOFTMAX: OpRecord = {
  name: 'softmax',
  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  gradient: (y, g) => [mul(y, sub(g, reduceSum(mul(g, y), [-1], true)))],
  reference: ([x]) => rows(x, (row) => {
    const total = logSumExp(row);
    return row.map((v) => Math.exp(v - total));
  }),
};

export const LOG_SOFTMAX: OpRecord = {
  name: 'logSoftmax',
  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  gradient: (y, g) => [sub(g, mul(exp(y), reduceSum(g, [-1], true)))],
  reference: ([x]) => rows(x, (row) => {
    const total = logSumExp(row);
    return row.map((v) => v - total);
  }),
};

export const softmax = (x: Value): Value => x.graph.node(SOFTMAX, [x]);
export const logSoftmax = (x: Value): Value => x.graph.node(LOG_SOFTMAX, [x]);
