/**
 * Dropout masks as inputs of the graph: each element is 0 with probability p and 1/(1 − p) otherwise (Srivastava et al. 2014, inverted), drawn from the
 * stream (seed, dropout, example), mask k from its draw k. So they depend neither on the batch nor on the device, and a resumed run meets the
 * same ones. p is rounded to a multiple of 2⁻¹⁶, and the scale is that of the rounded p: the expectation is exact.
 */
import { createStream, type Seed } from '../core/rng.ts';
import { sizeOf } from '../core/shape.ts';
import type { DropoutMask } from '../nn/network.ts';

/** One array for each mask, by input name; the batch is outermost in each and has one row for each of `indices`. */
export function dropoutFeeds(masks: readonly DropoutMask[], seed: Seed, indices: ArrayLike<number>): Record<string, Float32Array> {
  const feeds: Record<string, Float32Array> = {};
  masks.forEach(({ input, shape, rate }, draw) => {
    const size = sizeOf(shape.slice(1));
    const threshold = Math.round(rate * 65536);
    const kept = Math.fround(65536 / (65536 - threshold));
    const words = new Uint16Array(size);
    const mask = new Float32Array(size * indices.length);
    for (let row = 0, at = 0; row < indices.length; row++) {
      createStream({ seed, purpose: 'dropout', index: indices[row] }).bits16(words, draw);
      for (let i = 0; i < size; i++) mask[at++] = words[i] < threshold ? 0 : kept;
    }
    feeds[input] = mask;
  });
  return feeds;
}
