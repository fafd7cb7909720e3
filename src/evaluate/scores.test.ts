import { describe, expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import type { Tensor } from '../core/tensor.ts';
import { tensor } from '../core/tensor.ts';
import { accuracyOf, readClasses } from './accuracy.ts';
import { bootstrapInterval, bootstrapMean } from './bootstrap.ts';
import { extractAll, type FeatureExtractor } from './features.ts';
import { inceptionScore } from './inception-score.ts';
import { kernelInceptionDistance, polynomialMmd } from './kid.ts';
import { matrix, rowsOf, selectRows } from './matrix.ts';
import { qualityOf } from './quality.ts';

const normals = (length: number, index: number): Float64Array => createStream({ seed: 21, purpose: 'test', index }).normals(new Float64Array(length));

describe('inceptionScore', () => {
  test('certain and evenly spread over c classes: c; ignorant: 1', () => {
    const certain = matrix(6, 3, Float64Array.from({ length: 18 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1000 : 0)));
    expect(inceptionScore(certain).mean).toBeCloseTo(3, 12);
    expect(inceptionScore(certain, 1).mean).toBeCloseTo(1, 12); // one sample never differs from the mean of one
    expect(inceptionScore(matrix(5, 4, new Float64Array(20).fill(7)))).toEqual({ mean: 1, std: 0 });
  });
});

describe('kid', () => {
  test('the definition on one-dimensional sets of two', () => {
    // k(x, y) = (xy + 1)³: within {0, 1}: 1; within {2, 3}: 343; across: mean of 1, 1, 27, 64
    expect(polynomialMmd(matrix(2, 1, Float64Array.of(0, 1)), matrix(2, 1, Float64Array.of(2, 3)))).toBeCloseTo(1 + 343 - 93 / 2, 12);
  });

  test('no bias: two sets of one distribution average to zero within the error of the mean', () => {
    const values = Array.from({ length: 200 }, (_, i) => polynomialMmd(matrix(20, 3, normals(60, 2 * i)), matrix(20, 3, normals(60, 2 * i + 1))));
    const mean = values.reduce((s, v) => s + v, 0) / 200;
    const error = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 199 / 200);
    expect(Math.abs(mean)).toBeLessThan(3 * error);
    expect(error).toBeLessThan(0.2);
  });

  test('one subset of everything is the plain estimate; the seed decides the subsets', () => {
    const x = matrix(30, 4, normals(120, 1));
    const y = matrix(30, 4, normals(120, 2).map((v) => 2 * v));
    const all = kernelInceptionDistance(x, y, { subsets: 1 });
    expect(all.mean).toBeCloseTo(polynomialMmd(x, y), 10);
    expect(all.std).toBe(0);
    const draw = (seed: number) => kernelInceptionDistance(x, y, { subsets: 3, subsetSize: 10, seed }).mean;
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
});

describe('accuracyOf', () => {
  const logits = matrix(4, 3, Float32Array.of(1, 0, 0, 0, 2, 2, 0, 1, 3, 5, 4, 3));

  test('by hand', () => {
    expect([...readClasses(logits)]).toEqual([0, 1, 2, 0]);
    const { accuracy, byClass, confusion } = accuracyOf(logits, [0, 1, 0, 0]);
    expect(accuracy).toBe(0.75);
    expect([...byClass]).toEqual([2 / 3, 1, Number.NaN]);
    expect([...confusion]).toEqual([2, 0, 1, 0, 1, 0, 0, 0, 0]);
  });

  test('refuses what does not fit', () => {
    expect(() => accuracyOf(logits, [0, 1])).toThrow('4 rows of logits need as many classes (at least one), but 2 came');
    expect(() => accuracyOf(logits, [0, 1, 3, 0])).toThrow('class 3 is not one of the 3 that the classifier knows');
  });
});

describe('bootstrap', () => {
  test('the standard error of a mean is σ/√n, and about 95 % of intervals hold the truth', () => {
    let held = 0;
    for (let i = 0; i < 100; i++) {
      const { low, high, standardError } = bootstrapMean(normals(200, i), { resamples: 300, seed: i });
      expect(standardError * Math.sqrt(200)).toBeGreaterThan(0.75);
      expect(standardError * Math.sqrt(200)).toBeLessThan(1.25);
      if (low <= 0 && 0 <= high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(88);
    expect(held).toBeLessThanOrEqual(99);
  });

  test('a constant has no width; wider confidence is wider; the seed decides', () => {
    expect(bootstrapInterval(5, () => 3)).toEqual({ low: 3, high: 3, standardError: 0 });
    const x = normals(50, 1);
    const [narrow, wide] = [0.5, 0.99].map((confidence) => bootstrapMean(x, { confidence }));
    expect(wide.high - wide.low).toBeGreaterThan(narrow.high - narrow.low);
    expect(bootstrapMean(x, { seed: 4 })).toEqual(bootstrapMean(x, { seed: 4 }));
    expect(() => bootstrapMean(x, { confidence: 1 })).toThrow('confidence must lie between 0 and 1');
  });
});

describe('qualityOf', () => {
  /** Two classes: bright and dark pictures of four pixels; features are the pixels themselves. */
  const extractor: FeatureExtractor = {
    name: 'brightness',
    featureWidth: 4,
    classNames: ['dark', 'bright'],
    extract: async (images) => {
      const features = rowsOf(images);
      const means = Array.from({ length: features.rows }, (_, i) => [0, 1, 2, 3].reduce((s, j) => s + features.data[4 * i + j], 0));
      return { features, logits: matrix(features.rows, 2, Float32Array.from(means.flatMap((m) => [-m, m]))) };
    },
    dispose: async () => {},
  };
  const pictures = (n: number, index: number): Tensor =>
    tensor([n, 1, 2, 2], Float32Array.from(normals(4 * n, index), (v, i) => v / 4 + (Math.floor(i / 4) % 2 ? 1 : -1)));
  const asked = (n: number): number[] => Array.from({ length: n }, (_, i) => i % 2);

  test('like against like is good, and wrong labels show in the accuracy only', async () => {
    const real = await extractAll(extractor, [pictures(64, 1), pictures(64, 2)]);
    const generated = await extractAll(extractor, [pictures(128, 3)]);
    expect(real.features.rows).toBe(128);
    const good = qualityOf(real, generated, asked(128));
    expect(good.accuracy).toBe(1);
    expect(good.accuracyInterval).toEqual({ low: 1, high: 1, standardError: 0 });
    expect(good.fid).toBeLessThan(0.1);
    expect(good.precision).toBeGreaterThan(0.8);
    expect(good.recall).toBeGreaterThan(0.8);
    const swapped = qualityOf(real, generated, asked(128).map((c) => 1 - c));
    expect(swapped).toEqual({ ...good, accuracy: 0, byClass: Float64Array.of(0, 0), accuracyInterval: { low: 0, high: 0, standardError: 0 } });
  });

  test('one class missing: recall falls, FID rises', async () => {
    const real = await extractAll(extractor, [pictures(128, 1)]);
    const { features, logits } = await extractAll(extractor, [pictures(256, 4)]);
    const dark = Array.from({ length: 128 }, (_, i) => 2 * i);
    const half = qualityOf(real, { features: selectRows(features, dark), logits: selectRows(logits, dark) }, Array.from({ length: 128 }, () => 0));
    expect(half.accuracy).toBe(1);
    expect(half.recall).toBeLessThan(0.6);
    expect(half.fid).toBeGreaterThan(3);
    await expect(extractAll(extractor, [])).rejects.toThrow('no pictures came');
  });
});
