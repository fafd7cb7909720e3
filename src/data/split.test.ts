import { expect, it } from 'vitest';
import { classCounts, type Dataset } from './dataset.ts';
import { split } from './split.ts';
import { floatDataset } from './stored-dataset.ts';

/** 100 examples: 50 of class a, 30 b, 20 c, mixed. */
const data: Dataset = floatDataset({
  values: Float32Array.from({ length: 100 }, (_, i) => i / 100),
  shape: [1, 1, 1],
  labels: Array.from({ length: 100 }, (_, i) => (i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2)),
  classNames: ['a', 'b', 'c'],
});
const plain = floatDataset({ values: new Float32Array(40), shape: [1, 1, 1] });

it('parts are disjoint, whole and of the size asked', () => {
  const { train, validation, trainIndices, validationIndices } = split(data, { seed: 1, fraction: 0.13 });
  expect([train.length, validation.length]).toEqual([87, 13]);
  expect([...trainIndices, ...validationIndices].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const slot = new Float32Array(1);
  validation.get(5, slot);
  expect(slot[0]).toBe(Math.fround(validationIndices[5] / 100));
});

it('keeps the proportions of classes, by largest remainder', () => {
  expect(classCounts(split(data, { seed: 1, count: 20 }).validation)).toEqual([10, 6, 4]);
  expect(classCounts(split(data, { seed: 1, count: 13 }).validation)).toEqual([6, 4, 3]); // 6.5, 3.9, 2.6
  expect(classCounts(split(data, { seed: 1, count: 1 }).validation)).toEqual([1, 0, 0]);
  expect(classCounts(split(data, { seed: 1, count: 99 }).train)).toEqual([1, 0, 0]); // 49.5, 29.7, 19.8 → 49, 30, 20
});

it('depends on the seed; a larger part contains the smaller', () => {
  const pick = (seed: number, count: number): number[] => [...split(data, { seed, count }).validationIndices];
  expect(pick(4, 20)).toEqual(pick(4, 20));
  expect(pick(4, 20)).not.toEqual(pick(5, 20));
  expect(pick(4, 40)).toEqual(expect.arrayContaining(pick(4, 20)));
});

it('works without classes, and without stratifying', () => {
  expect(split(plain, { seed: 0, count: 7 }).validation.length).toBe(7);
  const counts = new Set(Array.from({ length: 8 }, (_, seed) => classCounts(split(data, { seed, count: 20, stratify: false }).validation).join()));
  expect(counts.size).toBeGreaterThan(1);
  expect(split(plain, { seed: 0, fraction: 0 }).train.length).toBe(40);
});

it('refuses what makes no sense', () => {
  expect(() => split(data, { seed: 0 })).toThrow(/give either fraction or count/);
  expect(() => split(data, { seed: 0, count: 1, fraction: 0.5 })).toThrow(/give either/);
  expect(() => split(data, { seed: 0, fraction: 1 })).toThrow(/fraction must be in \[0, 1\), got 1/);
  expect(() => split(data, { seed: 0, count: 100 })).toThrow(/count must be an integer from 0 to 99/);
  expect(() => split(plain, { seed: 0, count: 1, stratify: true })).toThrow(/stratify needs a dataset with classes/);
});
