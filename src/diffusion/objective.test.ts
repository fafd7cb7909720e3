import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { tensor } from '../core/tensor.ts';
import { cosineSchedule } from './beta-schedules.ts';
import { countFrom } from './noise.ts';
import { trainingPairs, type Objective } from './objective.ts';
import { fromOutput, PREDICTIONS, type Prediction } from './prediction.ts';
import { previousLevel } from './schedule.ts';
import { continuousLevels, uniformLevels } from './time-sampling.ts';
import { vWeighting } from './weighting.ts';

const schedule = cosineSchedule({ T: 40 });
const objective = (prediction: Prediction): Objective => ({ prediction, levels: uniformLevels(schedule), previous: previousLevel(schedule) });
const images = (n: number, first = 0) =>
  tensor([n, 1, 2, 3], Float32Array.from(countFrom(first, n)).reduce<number[]>((all, i) => [...all, ...createStream({ seed: 9, purpose: 'test', index: i }).uniforms(new Float32Array(6)).map((u) => 2 * u - 1)], []));

describe.each(PREDICTIONS)('training pairs for %s', (prediction) => {
  const x0 = images(12);
  const pairs = trainingPairs(x0, objective(prediction), { seed: 1, indices: countFrom(100, 12) });

  it('are a noisy state and what a perfect network would output there', () => {
    for (let row = 0; row < 12; row++) {
      const level = pairs.levels[row];
      const cut = (data: Float32Array): Float32Array => data.slice(row * 6, row * 6 + 6);
      const { x0: back, epsilon } = fromOutput(prediction, cut(pairs.target), cut(pairs.xIn), level, previousLevel(schedule)(level));
      const noise = createStream({ seed: 1, purpose: 'noise', index: 100 + row }).normals(new Float32Array(6));
      expect(cut(pairs.noise)).toEqual(noise);
      const slack = prediction === 'mean' ? 0.01 : 1e-4;
      cut(x0.data).forEach((v, i) => expect(Math.abs(back[i] - v)).toBeLessThan(slack * Math.max(1, level.sigma)));
      noise.forEach((v, i) => expect(Math.abs(epsilon[i] - v)).toBeLessThan(slack * Math.max(1, 1 / level.sigma)));
      expect(pairs.timeInput[row]).toBe(level.timestep);
    }
  });

  it('do not depend on the batch', () => {
    const part = trainingPairs(images(5, 7), objective(prediction), { seed: 1, indices: countFrom(107, 5) });
    expect(part.xIn).toEqual(pairs.xIn.slice(42));
    expect(part.target).toEqual(pairs.target.slice(42));
    expect(part.weight).toEqual(pairs.weight.slice(7));
    expect(part.timeInput).toEqual(pairs.timeInput.slice(7));
  });

  it('may reuse arrays', () => {
    const lent = trainingPairs(images(12, 50), objective(prediction), { seed: 2, indices: countFrom(0, 12) });
    const again = trainingPairs(x0, objective(prediction), { seed: 1, indices: countFrom(100, 12) }, lent);
    expect(again).toEqual(pairs);
    expect(again.xIn).toBe(lent.xIn);
  });
});

it('the target of ε is the drawn noise itself, that of L_simple weighs 1', () => {
  const pairs = trainingPairs(images(4), objective('epsilon'), { seed: 1, indices: countFrom(0, 4) });
  expect(pairs.target).toBe(pairs.noise);
  pairs.weight.forEach((w) => expect(w).toBe(1));
  const v = trainingPairs(images(4), { ...objective('v'), weighting: vWeighting }, { seed: 1, indices: countFrom(0, 4) });
  v.weight.forEach((w) => expect(w).toBeCloseTo(1, 6));
});

it('validation draws other levels and noise than training', () => {
  const [train, validation] = (['train', 'validation'] as const).map((phase) => trainingPairs(images(50), objective('epsilon'), { seed: 1, indices: countFrom(0, 50), phase }));
  expect(validation.timeInput).not.toEqual(train.timeInput);
  expect(validation.noise[0]).not.toBe(train.noise[0]);
});

describe('level sampling', () => {
  it('uniform: every index equally often, strata or not', () => {
    for (const strata of [1, 8]) {
      const counts = new Float64Array(40);
      const levels = uniformLevels(schedule, { strata });
      for (let i = 0; i < 8000; i++) counts[levels(createStream({ seed: 4, purpose: 'timestep', index: i }), i, 0).level.timestep]++;
      expect(counts.reduce((sum, c) => sum + (c - 200) ** 2 / 200, 0)).toBeLessThan(90); // 39 degrees of freedom
    }
  });

  it('stratified: each group of 8 covers the range', () => {
    const levels = continuousLevels(schedule, { strata: 8 });
    for (let i = 0; i < 64; i++) {
      const { t } = levels(createStream({ seed: 4, purpose: 'timestep', index: i }), i, 0).level;
      expect(Math.ceil((1 - t) * 8 + 1e-12)).toBe((i % 8) + 1);
    }
    expect(() => uniformLevels(schedule, { strata: 0 })).toThrow(/strata must be a positive integer/);
  });
});

it('says what does not fit', () => {
  expect(() => trainingPairs(images(4), objective('v'), { seed: 1, indices: [1, 2] })).toThrow(/needs 4 indices but 2 came/);
});
