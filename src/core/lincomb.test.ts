import { expect, it } from 'vitest';
import { lincomb, type Term } from './lincomb.ts';
import { createStream } from './rng.ts';

it.each([1, 2, 3, 4, 5, 7])('sums %i terms in double precision', (count) => {
  const terms = Array.from({ length: count }, (_, k): Term => [
    createStream({ seed: k, purpose: 'test' }).uniform() - 0.5,
    createStream({ seed: k, purpose: 'test' }).normals(new Float32Array(13), 1),
  ]);
  const expected = Float32Array.from({ length: 13 }, (_, i) => terms.reduce((sum, [c, v]) => sum + c * v[i], 0));
  expect(lincomb(terms)).toEqual(expected);
  const first = terms[0][1];
  expect(lincomb(terms, first)).toBe(first); // in place
  expect(first).toEqual(expected);
});

it('does not lose what float32 sums would', () => {
  expect(lincomb([[1, Float32Array.of(1e8)], [1, Float32Array.of(1)], [-1, Float32Array.of(1e8)]])[0]).toBe(1);
});

it('refuses unequal lengths', () => {
  expect(() => lincomb([[1, new Float32Array(3)], [1, new Float32Array(2)]])).toThrow(/equal lengths but have 3, 2, 3/);
  expect(() => lincomb([])).toThrow(/at least one term/);
});
