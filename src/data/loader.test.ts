import { describe, expect, it } from 'vitest';
import type { Dataset } from './dataset.ts';
import { classCounts, subset } from './dataset.ts';
import { createLoader, inOrder, type Augment } from './loader.ts';
import { byteDataset, floatDataset } from './stored-dataset.ts';

/** Example i is [i, −i]; class i mod 3. */
const numbered = (length: number): Dataset =>
  floatDataset({
    values: Float32Array.from({ length: 2 * length }, (_, k) => (k % 2 ? -1 : 1) * Math.floor(k / 2)),
    shape: [1, 1, 2],
    labels: Array.from({ length }, (_, i) => i % 3),
    classNames: ['a', 'b', 'c'],
  });

describe('createLoader', () => {
  it('visits each example once an epoch, across batches that straddle epochs', () => {
    const loader = createLoader(numbered(10), { seed: 3, batchSize: 4 });
    const seen = Array.from({ length: 5 }, (_, step) => [...loader.batch(step).indices]).flat(); // two epochs
    for (const epoch of [seen.slice(0, 10), seen.slice(10)]) expect([...epoch].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(seen.slice(0, 10)).not.toEqual(seen.slice(10));
    expect(loader.epochAfter(5)).toBe(2);
  });

  it('is a pure function of the step: any order, any instance, same batch', () => {
    const make = (): ReturnType<typeof createLoader> => createLoader(numbered(17), { seed: 2n ** 60n, batchSize: 5, augment: [(image, _, stream) => { image[0] += stream.uniform(); }] });
    const a = make();
    const forward = Array.from({ length: 30 }, (_, step) => a.batch(step));
    const b = make();
    for (let step = 29; step >= 0; step -= 3) expect(b.batch(step)).toEqual(forward[step]);
  });

  it('gives example n the same content and augmentation at any batch size', () => {
    const augment: Augment[] = [(image, _, stream) => { image[1] = stream.uniform(7); }];
    const by = (batchSize: number): number[] => {
      const loader = createLoader(numbered(11), { seed: 1, batchSize, augment });
      return Array.from({ length: 24 / batchSize }, (_, step) => [...loader.batch(step).x0]).flat();
    };
    expect(by(3)).toEqual(by(8));
    expect(by(1)).toEqual(by(12));
  });

  it('fills x0, labels and example numbers rightly', () => {
    const batch = createLoader(numbered(9), { seed: 5, batchSize: 4 }).batch(6);
    expect(batch.firstExample).toBe(24);
    for (let j = 0; j < 4; j++) {
      expect(batch.x0[2 * j]).toBe(batch.indices[j]);
      expect(batch.x0[2 * j + 1]).toBe(-batch.indices[j]);
      expect(batch.labels[j]).toBe(batch.indices[j] % 3);
    }
  });

  it('draws a different order for each seed, all positions alike', () => {
    expect(createLoader(numbered(50), { seed: 1, batchSize: 50 }).batch(0).indices).not.toEqual(createLoader(numbered(50), { seed: 2, batchSize: 50 }).batch(0).indices);
    // Each of 5 examples comes first in about a fifth of 2,000 epochs: chi-squared with 4 degrees of freedom, 99.99 % below 23.5.
    const loader = createLoader(numbered(5), { seed: 9, batchSize: 5 });
    const counts = [0, 0, 0, 0, 0];
    for (let epoch = 0; epoch < 2000; epoch++) counts[loader.batch(epoch).indices[0]]++;
    expect(counts.reduce((sum, c) => sum + (c - 400) ** 2 / 400, 0)).toBeLessThan(23.5);
  });

  it('repeats a dataset smaller than a batch, each time in a new order', () => {
    const { indices } = createLoader(numbered(3), { seed: 0, batchSize: 9 }).batch(0);
    for (const at of [0, 3, 6]) expect(Array.from(indices.subarray(at, at + 3)).sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('refuses what makes no sense', () => {
    expect(() => createLoader(subset(numbered(3), []), { seed: 0, batchSize: 1 })).toThrow(/has no examples/);
    expect(() => createLoader(numbered(3), { seed: 0, batchSize: 0 })).toThrow(/batchSize must be a positive integer, got 0/);
    expect(() => createLoader(numbered(3), { seed: 0, batchSize: 2 }).batch(-1)).toThrow(/step must be an integer from 0, got -1/);
    expect(() => createLoader(numbered(3), { seed: -1, batchSize: 2 }).batch(0)).toThrow(/seed/);
  });
});

it('inOrder gives everything once, in order, with a short last batch', () => {
  const batches = [...inOrder(numbered(7), 3)];
  expect(batches.map((b) => [...b.indices])).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect([...batches[2].x0]).toEqual([6, -6]);
  expect([...batches[1].labels]).toEqual([0, 1, 2]);
});

describe('stored datasets', () => {
  it('turns bytes into [−1, 1]: ends exact, steps even', () => {
    const data = byteDataset({ values: Uint8Array.from({ length: 256 }, (_, i) => i), shape: [1, 16, 16] });
    const slot = new Float32Array(256);
    data.get(0, slot);
    expect([slot[0], slot[255]]).toEqual([-1, 1]);
    for (let v = 0; v < 256; v++) expect(slot[v]).toBe(Math.fround((2 * v) / 255 - 1));
    expect(data.label(0)).toBe(-1);
  });

  it('checks lengths, labels and names', () => {
    expect(() => byteDataset({ values: new Uint8Array(5), shape: [1, 2, 2] })).toThrow(/5 values are no whole number of examples of shape \[1, 2, 2\]/);
    expect(() => floatDataset({ values: new Float32Array(2), shape: [2, 1, 1], labels: [0] })).toThrow(/labels and classNames come together/);
    expect(() => floatDataset({ values: new Float32Array(2), shape: [2, 1, 1], labels: [0, 0], classNames: ['a'] })).toThrow(/1 examples but 2 labels/);
    expect(() => floatDataset({ values: new Float32Array(2), shape: [2, 1, 1], labels: [0], classNames: ['a', 'a'] })).toThrow(/must differ/);
  });

  it('subset and classCounts', () => {
    const part = subset(numbered(9), [8, 0, 3]);
    const slot = new Float32Array(2);
    part.get(0, slot);
    expect([...slot]).toEqual([8, -8]);
    expect(classCounts(part)).toEqual([2, 0, 1]);
    expect(() => part.label(3)).toThrow(/example 3 is not in 0 … 2/);
    expect(() => subset(numbered(2), [2])).toThrow(/index 2 at position 0/);
  });
});
