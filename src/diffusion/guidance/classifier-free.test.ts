import { describe, expect, it } from 'vitest';
import { intTensor, tensor, type Tensor } from '../../core/tensor.ts';
import { cosineSchedule } from '../beta-schedules.ts';
import type { Condition } from '../condition.ts';
import type { Denoiser } from '../denoiser.ts';
import { gaussianDenoiser, gaussianFlow } from '../gaussian.ts';
import type { Level } from '../level.ts';
import { spacedGrid } from '../grid.ts';
import { initialState, sampleToEnd } from '../sample.ts';
import { heun } from '../samplers/heun.ts';
import { classifierFree } from './classifier-free.ts';

const schedule = cosineSchedule();
const NULL = 2;
const MEANS = [[0.5, -0.4], [-0.2, 0.1], [0.1, 0.2]]; // two classes and the unconditional model
const VARIANCE = [0.09, 0.25];
const models = MEANS.map((mean) => gaussianDenoiser({ mean, variance: VARIANCE }));

/** Rows [batch, 2] by their label; counts its calls and rows. */
function classDenoiser(): { denoiser: Denoiser; seen: number[][] } {
  const seen: number[][] = [];
  const denoiser: Denoiser = async (x, level, condition) => {
    const labels = Array.from(condition!.label.data as Int32Array);
    seen.push(labels);
    const out = { x0: new Float32Array(x.data.length), epsilon: new Float32Array(x.data.length), varianceFraction: new Float32Array(x.data.length) };
    for (let row = 0; row < labels.length; row++) {
      const part = await models[labels[row]](tensor([1, 2], x.data.slice(row * 2, row * 2 + 2)), level);
      out.x0.set(part.x0, row * 2);
      out.epsilon.set(part.epsilon, row * 2);
      out.varianceFraction.fill(labels[row], row * 2, row * 2 + 2);
    }
    return out;
  };
  return { denoiser, seen };
}

const nullCondition: Condition = { label: intTensor([1], [NULL]) };
const condition: Condition = { label: intTensor([3], [0, 1, 0]) };
const level: Level = schedule.level(500);
const x: Tensor = tensor([3, 2], [0.1, 0.9, -1, 0.4, 0.3, -2]);

it('of Gaussians with equal variance is a Gaussian at the extrapolated mean: an exact end point', async () => {
  const scale = 2.5;
  const initial = initialState([3, 2], schedule.noisiest, 4);
  const guided = classifierFree(classDenoiser().denoiser, { guidanceScale: scale, nullCondition });
  const { data } = await sampleToEnd(guided, { schedule, grid: spacedGrid(schedule, { steps: 250 }), sampler: heun(), shape: [3, 2], seed: 4, condition });
  [0, 1, 0].forEach((label, row) => {
    const mean = MEANS[label].map((m, k) => MEANS[NULL][k] + scale * (m - MEANS[NULL][k]));
    const exact = gaussianFlow({ mean, variance: VARIANCE }, initial.slice(row * 2, row * 2 + 2), schedule.noisiest, schedule.data);
    exact.forEach((v, k) => expect(data[row * 2 + k]).toBeCloseTo(v, 2));
  });
});

describe('the calls it makes', () => {
  const labelsAt = async (guidanceScale: number, more: object = {}): Promise<number[][]> => {
    const { denoiser, seen } = classDenoiser();
    await classifierFree(denoiser, { guidanceScale, nullCondition, ...more })(x, level, condition);
    return seen;
  };

  it('are one with both halves, two, or one half at scale 1 and 0', async () => {
    expect(await labelsAt(3)).toEqual([[0, 1, 0, 2, 2, 2]]);
    expect(await labelsAt(3, { oneCall: false })).toEqual([[0, 1, 0], [2, 2, 2]]);
    expect(await labelsAt(1)).toEqual([[0, 1, 0]]);
    expect(await labelsAt(0)).toEqual([[2, 2, 2]]);
  });

  it('are unguided outside of the interval', async () => {
    expect(await labelsAt(3, { sigmaInterval: [level.sigma * 1.01, 10] })).toEqual([[0, 1, 0]]);
    expect(await labelsAt(3, { sigmaInterval: [0, level.sigma * 0.99] })).toEqual([[0, 1, 0]]);
    expect(await labelsAt(3, { sigmaInterval: [0, level.sigma] })).toEqual([[0, 1, 0, 2, 2, 2]]);
  });

  it('give the same either way, consistent in x0 and ε, with the conditional variance', async () => {
    const { denoiser } = classDenoiser();
    const one = await classifierFree(denoiser, { guidanceScale: 3, nullCondition })(x, level, condition);
    const two = await classifierFree(denoiser, { guidanceScale: 3, nullCondition, oneCall: false })(x, level, condition);
    expect(one).toEqual(two);
    expect(Array.from(one.varianceFraction!)).toEqual([0, 0, 1, 1, 0, 0]);
    one.x0.forEach((v, i) => expect(level.signalScale * v + level.noiseScale * one.epsilon[i]).toBeCloseTo(x.data[i], 5));
    const [c, u] = [await denoiser(x, level, condition), await denoiser(x, level, { label: intTensor([3], [2, 2, 2]) })];
    one.epsilon.forEach((v, i) => expect(v).toBeCloseTo(u.epsilon[i] + 3 * (c.epsilon[i] - u.epsilon[i]), 5));
  });
});

it('rescale brings the spread of the output back', async () => {
  const { denoiser } = classDenoiser();
  const spread = (row: Float32Array): number => Math.abs(row[0] - row[1]) / 2;
  const plain = await denoiser(x, level, condition);
  for (const factor of [0, 0.7, 1]) {
    const guided = await classifierFree(denoiser, { guidanceScale: 4, nullCondition })(x, level, condition);
    const out = await classifierFree(denoiser, { guidanceScale: 4, nullCondition, rescale: { factor, output: 'x0' } })(x, level, condition);
    for (let row = 0; row < 3; row++) {
      const cut = (a: Float32Array): Float32Array => a.subarray(row * 2, row * 2 + 2);
      const expected = factor * spread(cut(plain.x0)) + (1 - factor) * spread(cut(guided.x0));
      expect(spread(cut(out.x0))).toBeCloseTo(expected, 5);
    }
    out.x0.forEach((v, i) => expect(level.signalScale * v + level.noiseScale * out.epsilon[i]).toBeCloseTo(x.data[i], 5));
  }
});

it('says what is missing', async () => {
  const { denoiser } = classDenoiser();
  await expect(classifierFree(denoiser, { guidanceScale: 2, nullCondition })(x, level)).rejects.toThrow(/classifierFree: needs a condition/);
  expect(() => classifierFree(denoiser, { guidanceScale: NaN, nullCondition })).toThrow(/finite number/);
  expect(() => classifierFree(denoiser, { guidanceScale: 2, nullCondition, rescale: { factor: 2 } })).toThrow(/rescale factor/);
});
