/** Nearest neighbours among feature vectors by Euclidean distance, searched exhaustively and summed in double precision. */
import { check } from '../core/errors.ts';
import { checkSameColumns, type Matrix } from './matrix.ts';

/** Squared distances of row i of `a` to every row of `b`, into `out`; four rows at a time, so that each element of `a` is read once for four. */
export function squaredDistances(a: Matrix, i: number, b: Matrix, out: Float64Array): Float64Array {
  const d = a.columns;
  const x = a.data.subarray(i * d, (i + 1) * d);
  const y = b.data;
  const rows = b.rows;
  let j = 0;
  for (; j + 3 < rows; j += 4) {
    const y0 = j * d;
    const y1 = y0 + d;
    const y2 = y1 + d;
    const y3 = y2 + d;
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let k = 0; k < d; k++) {
      const v = x[k];
      const d0 = v - y[y0 + k], d1 = v - y[y1 + k], d2 = v - y[y2 + k], d3 = v - y[y3 + k];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    out[j] = s0;
    out[j + 1] = s1;
    out[j + 2] = s2;
    out[j + 3] = s3;
  }
  for (; j < rows; j++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (x[k] - y[j * d + k]) ** 2;
    out[j] = sum;
  }
  return out;
}

export interface Neighbours {
  readonly k: number;
  /** [queries, k]: rows of the references, nearest first. */
  readonly indices: Int32Array;
  /** [queries, k]: squared distances. */
  readonly squaredDistances: Float64Array;
}

/**
 * The k nearest references of every query; of equally near ones the earlier. Pass the same matrix twice to search within one set: then
 * a vector is not its own neighbour.
 */
export function nearestNeighbours(queries: Matrix, references: Matrix, k: number): Neighbours {
  checkSameColumns('nearestNeighbours', queries, references);
  const within = queries === references;
  const available = references.rows - (within ? 1 : 0);
  check(Number.isInteger(k) && k >= 1 && k <= available, 'nearestNeighbours', () => `k must be a whole number from 1 to ${available}, the vectors to choose from, but is ${k}`);
  const indices = new Int32Array(queries.rows * k);
  const nearest = new Float64Array(queries.rows * k).fill(Infinity);
  const row = new Float64Array(references.rows);
  for (let i = 0; i < queries.rows; i++) {
    squaredDistances(queries, i, references, row);
    const first = i * k;
    const last = first + k - 1;
    for (let j = 0; j < references.rows; j++) {
      if (within && i === j) continue;
      const distance = row[j];
      if (distance >= nearest[last]) continue;
      let at = last;
      for (; at > first && nearest[at - 1] > distance; at--) {
        nearest[at] = nearest[at - 1];
        indices[at] = indices[at - 1];
      }
      nearest[at] = distance;
      indices[at] = j;
    }
  }
  return { k, indices, squaredDistances: nearest };
}
