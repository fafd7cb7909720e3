import { describe, expect, it } from 'vitest';
import { gridFor, scheduleOf } from './choices.ts';
import { parseConfig } from './config.ts';
import { examplesOf } from './examples.ts';
import { forwardFilm } from './film.ts';
import { byteDataset } from '../data/stored-dataset.ts';
import { overview } from './pictures.ts';

const { diffusion, sample: settings } = parseConfig({ data: { kind: 'toy' }, sample: { steps: 6 } });
const dataset = byteDataset({ values: Uint8Array.from({ length: 6 * 4 }, (_, i) => 10 * i), shape: [1, 2, 2], labels: [0, 1, 0, 1, 1, 0], classNames: ['a', 'b'] });

describe('examples of a dataset', () => {
  it('come class by class, the first of each', () => {
    const { values, classes, count } = examplesOf(dataset, [1, 0], 2);
    expect(Array.from(classes!)).toEqual([1, 1, 0, 0]);
    expect(count).toBe(4);
    const want = [1, 3, 0, 2].flatMap((index) => Array.from(read(index)));
    expect(Array.from(values)).toEqual(want);
    expect(examplesOf(dataset, undefined, 3)).toMatchObject({ count: 3 });
    expect(() => examplesOf(dataset, [1], 4)).toThrow('there are fewer than 4 examples of b');
  });
});

function read(index: number): Float32Array {
  const slot = new Float32Array(4);
  dataset.get(index, slot);
  return slot;
}

describe('forwardFilm', () => {
  const data = examplesOf(dataset, [0, 1], 2);
  const frames = forwardFilm(data, diffusion, { settings, classNames: dataset.classNames, seed: 2 });

  it('goes from the data to noise, a frame a level, the last the longest', () => {
    expect(frames).toHaveLength(7);
    expect(frames.map(({ delay }) => delay)).toEqual([500, 90, 90, 90, 90, 90, 2500]);
    expect(new Set(frames.map(({ picture: { width, height } }) => `${width}×${height}`)).size).toBe(1);
    // 2×2 pixels in a grid of 2×2: the largest factor.
    expect(frames[0].picture).toEqual(overview(data, dataset.classNames, { caption: 'data', progress: 0, scale: 8 }));
    // The noisiest level has next to no signal: other data, the same last frame but for the last level of a few pixels.
    const other = forwardFilm({ ...data, values: data.values.map((x) => -x) }, diffusion, { settings, classNames: dataset.classNames, seed: 2 });
    expect(gridFor(settings, scheduleOf(diffusion))[0].from.signalScale).toBeLessThan(1e-3);
    const [a, b] = [frames.at(-1)!.picture.data, other.at(-1)!.picture.data];
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThanOrEqual(1);
  });

  it('depends on the seed', () => {
    const other = forwardFilm(data, diffusion, { settings, classNames: dataset.classNames, seed: 3 });
    expect(other[0].picture).toEqual(frames[0].picture);
    expect(other[3].picture).not.toEqual(frames[3].picture);
  });
});
