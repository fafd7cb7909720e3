import { describe, expect, it } from 'vitest';
import { shapesDataset } from '../data/shapes.ts';
import { createLoader } from '../data/loader.ts';
import { cosineSchedule } from '../diffusion/beta-schedules.ts';
import { uniformLevels } from '../diffusion/time-sampling.ts';
import { denoisingNetwork } from '../models/denoising-network.ts';
import { trainingBatches, validationBatches, type TrainingBatches } from './denoising-batch.ts';
import { dropoutFeeds } from './dropout-masks.ts';

const seed = 9;
const dataset = shapesDataset({ seed, length: 30, size: 8, channels: 1 });
const network = denoisingNetwork('unet2d', {
  inChannels: 1, outChannels: 1, blockOutChannels: [8, 8], downBlockTypes: ['DownBlock2D', 'DownBlock2D'], upBlockTypes: ['UpBlock2D', 'UpBlock2D'], normNumGroups: 4, numClassEmbeds: 4,
}, dataset.shape);
const objective = { prediction: 'v', levels: uniformLevels(cosineSchedule()) } as const;
const dropoutMasks = [{ input: 'dropout.0', shape: [4, 8, 4, 4], rate: 0.25 }, { input: 'dropout.1', shape: [4, 3], rate: 0.5 }];
const options = (batchSize: number, accumulate: number): TrainingBatches => ({
  network, objective, seed, accumulate, conditionDropout: 0.3, dropoutMasks, loader: createLoader(dataset, { seed, batchSize }),
});

describe('training batches', () => {
  it('are a function of seed, step and micro-batch', () => {
    const batchAt = trainingBatches(options(4, 2));
    const first = batchAt(5, 1);
    batchAt(2, 0);
    expect(trainingBatches(options(4, 2))(5, 1)).toEqual(first);
    expect(batchAt(5, 0)).not.toEqual(first);
  });

  it('show the same examples in the same way however they are grouped', () => {
    const [a, b] = [trainingBatches(options(4, 2))(3, 0), trainingBatches(options(4, 2))(3, 1)];
    const whole = trainingBatches(options(8, 1))(3, 0);
    for (const name of ['x', 'time', 'target', 'weight', 'classLabels', 'dropout.0', 'dropout.1']) {
      expect([...a[name] as Float32Array, ...b[name] as Float32Array], name).toEqual([...whole[name] as Float32Array]);
    }
  });

  it('drop labels to the null class at the rate asked for', () => {
    const batchAt = trainingBatches(options(50, 1));
    let dropped = 0;
    for (let step = 0; step < 40; step++) dropped += (batchAt(step, 0).classLabels as Int32Array).filter((label) => label === 3).length;
    // Binomial(2000, 0.3) has standard deviation 20.5.
    expect(Math.abs(dropped - 600)).toBeLessThan(4 * 20.5);
  });

  it('refuse classes that do not fit', () => {
    expect(() => trainingBatches({ ...options(4, 1), network: { ...network, classRows: 11 } })).toThrow('the network has 11 class rows, the null class among them, but the data has 3 classes; numClassEmbeds must be 4');
    expect(() => trainingBatches({ ...options(4, 1), network: { ...network, classRows: null } })).toThrow('conditionDropout needs a network with classes');
    expect(() => trainingBatches({ ...options(4, 1), conditionDropout: 2 })).toThrow('probability in [0, 1], got 2');
  });
});

describe('dropout masks', () => {
  it('keep the expectation, at the rate asked for', () => {
    const { a, b } = dropoutFeeds([{ input: 'a', shape: [1, 200], rate: 0.25 }, { input: 'b', shape: [1, 200], rate: 0.25 }], seed, Array.from({ length: 200 }, (_, i) => i));
    const zeros = a.filter((x) => x === 0).length;
    expect(new Set(a)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(Math.abs(zeros - 10_000)).toBeLessThan(4 * Math.sqrt(40_000 * 0.25 * 0.75));
    expect(a).not.toEqual(b);
  });
});

describe('validation batches', () => {
  it('are the same each time, without dropped labels, whatever the batch size', () => {
    const batches = validationBatches({ network, objective, seed, dataset, batchSize: 10 });
    const all = [...batches()];
    expect(all.length).toBe(3);
    expect([...batches()]).toEqual(all);
    expect(all.flatMap((f) => [...f.classLabels as Int32Array])).toEqual(Array.from({ length: 30 }, (_, i) => i % 3));
    const other = [...validationBatches({ network, objective, seed, dataset, batchSize: 15 })()];
    expect(other.flatMap((f) => [...f.x as Float32Array])).toEqual(all.flatMap((f) => [...f.x as Float32Array]));
  });

  it('fill the last batch from the start with other noise, and keep to the limit', () => {
    const all = [...validationBatches({ network, objective, seed, dataset, batchSize: 16 })()];
    expect(all.length).toBe(2);
    expect([...all[1].classLabels as Int32Array].slice(-2)).toEqual([0, 1]);
    expect([...all[1].x as Float32Array].slice(14 * 64, 15 * 64)).not.toEqual([...all[0].x as Float32Array].slice(0, 64));
    expect([...validationBatches({ network, objective, seed, dataset, batchSize: 16, limit: 10 })()].length).toBe(1);
  });
});
