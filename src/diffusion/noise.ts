/**
 * Noise for a batch, one stream a sample: row b comes from the stream (seed, purpose, indices[b]) at the given draw. So a sample's noise
 * depends on its own index, never on the batch it is in.
 */
import { check } from '../core/errors.ts';
import { createStream, type Purpose, type Seed } from '../core/rng.ts';

export interface NoiseKey {
  readonly seed: Seed;
  readonly purpose: Purpose;
  /** One a row: which sample of the run, or example of the training, it is. */
  readonly indices: ArrayLike<number>;
  readonly draw?: number;
}

/** Fills `out` (by default a new array), seen as [indices.length, size], with unit normals. */
export function noiseRows({ seed, purpose, indices, draw = 0 }: NoiseKey, size: number, out: Float32Array = new Float32Array(indices.length * size)): Float32Array {
  check(out.length === indices.length * size, 'noiseRows', () => `${indices.length} rows of ${size} need ${indices.length * size} places but there are ${out.length}`);
  for (let row = 0; row < indices.length; row++) {
    createStream({ seed, purpose, index: indices[row] }).normals(out.subarray(row * size, (row + 1) * size), draw);
  }
  return out;
}

/** first, first + 1, …: the indices of a batch. */
export const countFrom = (first: number, count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => first + i);
