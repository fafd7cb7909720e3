/** A dense matrix, row-major: feature vectors are its rows. Metrics compute in double precision whatever the elements are. */
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** Throws unless `data` holds rows·columns finite numbers: one NaN would silently spoil every metric. */
export function matrix(rows: number, columns: number, data: Float32Array | Float64Array): Matrix {
  check(data.length === rows * columns, 'matrix', () => `${rows} × ${columns} needs ${rows * columns} values but ${data.length} came`);
  const bad = data.findIndex((v) => !Number.isFinite(v));
  check(bad < 0, 'matrix', () => `values must be finite, but row ${Math.floor(bad / columns)} column ${bad % columns} is ${data[bad]}`);
  return { rows, columns, data };
}

/** The rows of a tensor [n, …], each flattened; shares its data. */
export const rowsOf = ({ shape, data }: Tensor): Matrix => matrix(shape[0], data.length / shape[0], data);

/** The rows with the given indices, in that order, copied. */
export function selectRows({ columns, data }: Matrix, indices: ArrayLike<number>): Matrix {
  const out = data instanceof Float32Array ? new Float32Array(indices.length * columns) : new Float64Array(indices.length * columns);
  for (let i = 0; i < indices.length; i++) out.set(data.subarray(indices[i] * columns, (indices[i] + 1) * columns), i * columns);
  return { rows: indices.length, columns, data: out };
}

/** Throws unless both have vectors of the same length. */
export function checkSameColumns(where: string, a: Matrix, b: Matrix): void {
  check(a.columns === b.columns, where, () => `both sets need vectors of one length, but they have ${a.columns} and ${b.columns}`);
}
