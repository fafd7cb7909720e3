import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { centerCrop, cover, flipHorizontal, randomFlip, randomShift, resize, type Image } from './transforms.ts';

const image = (height: number, width: number, value: (y: number, x: number, c: number) => number, channels = 1): Image => ({
  shape: [channels, height, width],
  data: Float32Array.from({ length: channels * height * width }, (_, i) => value(Math.floor(i / width) % height, i % width, Math.floor(i / (height * width)))),
});

describe('resize', () => {
  it('shrinks by whole factors to block means', () => {
    const source = image(4, 6, (y, x, c) => 10 * y + x + 100 * c, 2);
    const { data, shape } = resize(source, 2, 3);
    expect(shape).toEqual([2, 2, 3]);
    data.forEach((v, i) => expect(v).toBeCloseTo(100 * Math.floor(i / 6) + 10 * (2 * (Math.floor(i / 3) % 2) + 0.5) + 2 * (i % 3) + 0.5, 4));
  });

  it('keeps constants, and the mean when shrinking by any factor', () => {
    for (const [h, w] of [[1, 1], [3, 5], [7, 2], [9, 13], [20, 31]]) {
      const constant = resize(image(9, 13, () => 0.3), h, w).data;
      for (const v of constant) expect(v).toBeCloseTo(0.3, 6);
    }
    const source = image(9, 13, (y, x) => Math.sin(7 * y + 3 * x * x));
    const mean = (data: Float32Array): number => data.reduce((sum, v) => sum + v, 0) / data.length;
    for (const [h, w] of [[1, 1], [3, 5], [7, 2], [8, 12]]) expect(mean(resize(source, h, w).data)).toBeCloseTo(mean(source.data), 5);
  });

  it('shrinks by any factor as repeating each pixel and taking block means does', () => {
    const source = image(1, 13, (_, x) => Math.cos(x * x));
    for (const to of [1, 2, 5, 7, 12]) {
      const repeated = Array.from({ length: 13 * to }, (_, i) => source.data[Math.floor(i / to)]);
      resize(source, 1, to).data.forEach((v, i) => expect(v).toBeCloseTo(repeated.slice(13 * i, 13 * (i + 1)).reduce((sum, x) => sum + x, 0) / 13, 5));
    }
  });

  it('keeps linear ramps: position i of n stands for (i + ½)/n', () => {
    const ramp = (n: number): Image => image(1, n, (_, x) => (x + 0.5) / n);
    for (const [from, to] of [[8, 4], [30, 6], [5, 5]]) resize(ramp(from), 1, to).data.forEach((v, i) => expect(v).toBeCloseTo((i + 0.5) / to, 5));
    // Growing repeats the edges, so only what lies between pixel centres is linear.
    resize(ramp(4), 1, 16).data.forEach((v, i) => expect(v).toBeCloseTo(Math.min(0.875, Math.max(0.125, (i + 0.5) / 16)), 6));
    expect([...resize(image(1, 1, () => 5), 2, 2).data]).toEqual([5, 5, 5, 5]);
  });

  it('copies at equal size', () => {
    const source = image(2, 2, (y, x) => y + x);
    const same = resize(source, 2, 2);
    expect(same).toEqual(source);
    expect(same.data).not.toBe(source.data);
    expect(() => resize(source, 0, 2)).toThrow(/positive integers/);
  });
});

it('centerCrop takes the middle', () => {
  const { data, shape } = centerCrop(image(5, 4, (y, x, c) => 100 * c + 10 * y + x, 2), 2, 2);
  expect(shape).toEqual([2, 2, 2]);
  expect([...data]).toEqual([11, 12, 21, 22, 111, 112, 121, 122]);
  expect(() => centerCrop(image(2, 2, () => 0), 3, 1)).toThrow(/cannot cut 3×1 out of 2×2/);
});

it('cover keeps proportions: the middle of a wide image', () => {
  const { data, shape } = cover(image(4, 12, (_, x) => Math.floor(x / 4)), 2, 2);
  expect(shape).toEqual([1, 2, 2]);
  expect([...data]).toEqual([1, 1, 1, 1]);
});

describe('augmentation', () => {
  it('a flip mirrors rows and undoes itself', () => {
    const { data, shape } = image(2, 3, (y, x, c) => 100 * c + 10 * y + x, 2);
    const before = data.slice();
    flipHorizontal(data, shape);
    expect([...data]).toEqual([2, 1, 0, 12, 11, 10, 102, 101, 100, 112, 111, 110]);
    flipHorizontal(data, shape);
    expect(data).toEqual(before);
  });

  it('randomFlip flips as often as asked, by the stream alone', () => {
    const flips = (probability: number): number => {
      let count = 0;
      for (let index = 0; index < 1000; index++) {
        const data = Float32Array.of(1, 2);
        randomFlip(probability)(data, [1, 1, 2], createStream({ seed: 1, purpose: 'augment', index }));
        count += data[0] === 2 ? 1 : 0;
      }
      return count;
    };
    expect([flips(0), flips(1)]).toEqual([0, 1000]);
    expect(Math.abs(flips(0.3) - 300)).toBeLessThan(60); // four standard deviations
  });

  it('randomShift moves by whole pixels within its range, fills with black, and reaches every offset', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 400; index++) {
      const { data, shape } = image(7, 7, (y, x) => (y === 3 && x === 3 ? 1 : 0));
      randomShift(2)(data, shape, createStream({ seed: 2, purpose: 'augment', index }));
      const at = data.indexOf(1);
      const [dy, dx] = [Math.floor(at / 7) - 3, (at % 7) - 3];
      seen.add(`${dy},${dx}`);
      const fills = data.filter((v) => v === -1).length;
      expect(fills).toBe(49 - (7 - Math.abs(dy)) * (7 - Math.abs(dx)));
    }
    expect(seen.size).toBe(25);
  });
});
