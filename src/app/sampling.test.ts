import { describe, expect, it } from 'vitest';
import { initialState } from '../diffusion/sample.ts';
import type { Network } from '../diffusion/denoiser.ts';
import { denoisingNetwork } from '../models/denoising-network.ts';
import { gridFor, SAMPLERS, scheduleOf } from './choices.ts';
import { parseConfig, type SampleConfig } from './config.ts';
import { batchSizesFor, evenBatch, sampleNetwork, type Samples, type SamplingEvent, type SamplingRequest } from './sampling.ts';

const SHAPE = [1, 2, 2];
const plain = denoisingNetwork('mlp', { width: 4, layers: 1 }, SHAPE);
const conditional = denoisingNetwork('mlp', { width: 4, layers: 1, numClassEmbeds: 4 }, SHAPE);
const { diffusion, sample: defaults } = parseConfig({ data: { kind: 'toy' }, sample: { clip: 'none', steps: 7, guidanceScale: 1 } });
/** Of data that is N(0, I): E[x0 | xt] = signalScale·xt and E[ε | xt] = noiseScale·xt, so v is 0 everywhere. */
const gaussian: Network = async (x) => new Float32Array(x.data.length);
/** Some function of a row alone, its class and its time. */
const rowwise: Network = async (x, timesteps, condition) => {
  const classes = condition?.class.data as Int32Array | undefined;
  return x.data.map((value, i) => Math.sin(value * 3 + (classes?.[i >> 2] ?? 0)) * (timesteps[i >> 2] / 1000));
};

async function run(network: Network, description = plain, request: Partial<SamplingRequest> = {}): Promise<{ samples: Samples; steps: Exclude<SamplingEvent, { type: 'samples' }>[] }> {
  const steps: Exclude<SamplingEvent, { type: 'samples' }>[] = [];
  let samples: Samples | undefined;
  for await (const event of sampleNetwork(network, description, diffusion, { count: 5, seed: 3, settings: defaults, batch: 5, ...request })) {
    if (event.type === 'samples') ({ samples } = event);
    else steps.push(event);
  }
  return { samples: samples!, steps };
}
const settings = (changes: Partial<SampleConfig>): SampleConfig => ({ ...defaults, ...changes });

describe('sampleNetwork', () => {
  it('shrinks Gaussian data by DDIM as the closed form says: x ← (a·a′ + b·b′)·x a step', async () => {
    const { samples } = await run(gaussian);
    const grid = gridFor(defaults, scheduleOf(diffusion));
    const start = initialState([5, ...SHAPE], grid[0].from, 3);
    const shrink = grid.reduce((product, { from, to }) => product * (from.signalScale * to.signalScale + from.noiseScale * to.noiseScale), 1);
    samples.values.forEach((value, i) => expect(value).toBeCloseTo(shrink * start[i], 5));
  });

  // How far from 1 the variance may be at 25 steps of the cosine schedule: the first order samplers' own error is 0.10, the ancestral ones' 0.16.
  it.each([['ddim', 0.13], ['ddpm', 0.19], ['ddpm-large', 0.19], ['euler', 0.13], ['heun', 0.05], ['dpm++', 0.05]] as const)('draws Gaussian data by %s: mean 0, variance 1', async (sampler, error) => {
    expect(Object.keys(SAMPLERS)).toHaveLength(6);
    const count = 3000;
    const { samples: { values } } = await run(gaussian, plain, { count, batch: count, settings: settings({ sampler, steps: 25 }) });
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    // 12,000 values: standard errors 0.009 and 0.013.
    expect(Math.abs(mean)).toBeLessThan(0.04);
    expect(Math.abs(variance - 1)).toBeLessThan(error);
  });

  it('makes a sample of (seed, its number, its class) alone, to the bit, at any batch size', async () => {
    const classes = [0, 2, 1, 1, 0];
    for (const sampler of ['ddpm', 'dpm++'] as const) {
      const all = await run(rowwise, conditional, { classes, settings: settings({ sampler }) });
      for (const batch of [1, 2, 4]) expect((await run(rowwise, conditional, { classes, batch, settings: settings({ sampler }) })).samples).toEqual(all.samples);
      const only = await run(rowwise, conditional, { classes, batch: 2, only: 3, settings: settings({ sampler }) });
      // Batches of 2: sample 3 is in the second; the others stay 0.
      expect(Array.from(only.samples.values.subarray(8, 16))).toEqual(Array.from(all.samples.values.subarray(8, 16)));
      expect(Array.from(only.samples.values.subarray(0, 8))).toEqual(new Array(8).fill(0));
      expect((await run(rowwise, conditional, { classes, seed: 4, settings: settings({ sampler }) })).samples.values).not.toEqual(all.samples.values);
    }
  });

  it('tells how far it is', async () => {
    const { steps } = await run(rowwise, plain, { batch: 2 });
    expect(steps).toHaveLength(3 * 7);
    expect(steps.map(({ first }) => first)).toEqual([0, 2, 4].flatMap((first) => new Array(7).fill(first)));
    for (let i = 1; i < steps.length; i++) expect(steps[i].fraction).toBeGreaterThan(steps[i - 1].fraction);
    expect(steps.at(-1)!.fraction).toBeCloseTo(1, 12);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    let seen = 0;
    const loop = async (): Promise<void> => {
      for await (const _ of sampleNetwork(rowwise, plain, diffusion, { count: 5, seed: 0, settings: defaults, batch: 5, signal: controller.signal })) if (++seen === 3) controller.abort(new Error('enough'));
    };
    await expect(loop()).rejects.toThrow('enough');
    expect(seen).toBe(3);
  });

  it('refuses what does not fit', async () => {
    await expect(run(rowwise, conditional)).rejects.toThrow('this model is class-conditional; say which classes');
    await expect(run(rowwise, plain, { classes: [1, 1, 1, 1, 1] })).rejects.toThrow('this model is unconditional; leave the classes out');
    await expect(run(rowwise, conditional, { classes: [1] })).rejects.toThrow('5 samples need as many classes but 1 came');
    await expect(run(rowwise, plain, { only: 5 })).rejects.toThrow('there is no sample 5 among 5');
    await expect(run(rowwise, plain, { count: 0 })).rejects.toThrow('count must be a positive integer but is 0');
  });
});

describe('batches', () => {
  it.each([[10, 32, 10], [100, 50, 50], [101, 50, 34], [33, 32, 17], [1, 1, 1]])('%i samples, at most %i at once: %i', (count, most, batch) => expect(evenBatch(count, most)).toBe(batch));

  it('are twice as long with guidance, and both lengths occur where it is switched on and off', () => {
    const sizes = (changes: Partial<SampleConfig>, description = conditional): number[] => batchSizesFor(description, { count: 10, batch: 32, settings: settings(changes) });
    expect(sizes({ guidanceScale: 1 })).toEqual([10]);
    expect(sizes({ guidanceScale: 2 })).toEqual([20]);
    expect(sizes({ guidanceScale: 2, guidanceInterval: [0.1, 2] })).toEqual([10, 20]);
    expect(sizes({ guidanceScale: 2 }, plain)).toEqual([10]);
  });
});
