/**
 * What a network is conditioned on: named tensors whose first dimension is the batch (class numbers [batch], text features
 * [batch, tokens, width], …). The null condition ∅ has the same names and one row, or as many as the batch.
 */
import { check } from '../core/errors.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import type { AnyTensor, TensorData } from '../core/tensor.ts';

export type Condition = Readonly<Record<string, AnyTensor>>;

function sameNames(where: string, a: Condition, b: Condition): string[] {
  const names = Object.keys(a).sort();
  const others = Object.keys(b).sort();
  check(names.join() === others.join(), where, () => `conditions must have the same names, but one has ${names.join(', ') || 'none'} and the other ${others.join(', ') || 'none'}`);
  return names;
}

const emptyLike = (data: TensorData, length: number): TensorData => new (data.constructor as new (n: number) => TensorData)(length);

/** Copies row `source` of `from` over row `target` of `to`; rows have `size` elements. */
function copyRow(from: TensorData, source: number, to: TensorData, target: number, size: number): void {
  // The dtypes were found equal; the cast only spares a branch for each of them.
  (to as Float32Array).set((from as Float32Array).subarray(source * size, (source + 1) * size), target * size);
}

function mapRows(where: string, a: Condition, b: Condition, rows: (name: string, batch: number) => readonly (readonly [from: 'a' | 'b', row: number])[]): Condition {
  const result: Record<string, AnyTensor> = {};
  for (const name of sameNames(where, a, b)) {
    const [x, y] = [a[name], b[name]];
    check(x.dtype === y.dtype && sameShape(x.shape.slice(1), y.shape.slice(1)), where, () => `${name} is ${x.dtype} ${showShape(x.shape)} in one condition and ${y.dtype} ${showShape(y.shape)} in the other; only the batch may differ`);
    check(x.shape.length > 0 && y.shape.length > 0, where, () => `${name} must have a batch dimension`);
    const batch = x.shape[0];
    check(y.shape[0] === 1 || y.shape[0] === batch, where, () => `${name} of the null condition has ${y.shape[0]} rows; pass 1 or ${batch}`);
    const picks = rows(name, batch);
    const size = sizeOf(x.shape.slice(1));
    const data = emptyLike(x.data, picks.length * size);
    picks.forEach(([from, row], target) => copyRow(from === 'a' ? x.data : y.data, from === 'b' && y.shape[0] === 1 ? 0 : row, data, target, size));
    result[name] = { dtype: x.dtype, shape: [picks.length, ...x.shape.slice(1)], data } as AnyTensor;
  }
  return result;
}

/** The rows of `condition`, then as many of `nullCondition`: one call of the network for both halves of guidance. */
export const withNullHalf = (condition: Condition, nullCondition: Condition): Condition =>
  mapRows('withNullHalf', condition, nullCondition, (_, batch) => [
    ...Array.from({ length: batch }, (_row, row) => ['a', row] as const),
    ...Array.from({ length: batch }, (_row, row) => ['b', row] as const),
  ]);

/** `nullCondition` with as many rows as `condition`. */
export const nullLike = (condition: Condition, nullCondition: Condition): Condition =>
  mapRows('nullLike', condition, nullCondition, (_, batch) => Array.from({ length: batch }, (_row, row) => ['b', row] as const));

/** `condition` with the rows for which `drop` holds replaced by those of `nullCondition`. */
export const replaceRows = (condition: Condition, nullCondition: Condition, drop: (name: string, row: number) => boolean): Condition =>
  mapRows('replaceRows', condition, nullCondition, (name, batch) => Array.from({ length: batch }, (_row, row) => [drop(name, row) ? 'b' : 'a', row] as const));
