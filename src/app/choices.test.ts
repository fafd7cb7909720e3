import { describe, expect, it } from 'vitest';
import { tensor } from '../core/tensor.ts';
import { trainingPairs } from '../diffusion/objective.ts';
import { PREDICTIONS } from '../diffusion/prediction.ts';
import { objectiveOf, scheduleOf } from './choices.ts';
import { parseConfig, type RunConfigInput } from './config.ts';

const diffusionOf = (diffusion: RunConfigInput['diffusion']) => parseConfig({ data: { kind: 'toy' }, diffusion }).diffusion;

describe('words of a configuration', () => {
  // The natural weighting counts every squared error of the output once; that of the posterior mean is L_simple's.
  it.each(PREDICTIONS.filter((prediction) => prediction !== 'mean'))('weigh the output of a network that predicts %s by 1', (prediction) => {
    const config = diffusionOf({ prediction, T: 50 });
    const { weight, levels } = trainingPairs(tensor([64, 1], new Float32Array(64)), objectiveOf(config, scheduleOf(config), 64), { seed: 1, indices: Array.from({ length: 64 }, (_, i) => i) });
    weight.forEach((w, i) => expect(w, `t ${levels[i].t}`).toBeCloseTo(1, 5));
  });

  it('end a rescaled schedule in pure noise', () => {
    expect(scheduleOf(diffusionOf({ schedule: 'linear' })).noisiest.signalScale).toBeGreaterThan(0);
    expect(scheduleOf(diffusionOf({ schedule: 'linear', zeroTerminalSnr: true })).noisiest.signalScale).toBe(0);
  });

  it('spread stratified levels over a batch', () => {
    const config = diffusionOf({ levels: 'stratified', T: 1000 });
    const indices = Array.from({ length: 10 }, (_, i) => 20 + i);
    const { levels } = trainingPairs(tensor([10, 1], new Float32Array(10)), objectiveOf(config, scheduleOf(config), 10), { seed: 1, indices });
    expect(levels.map(({ timestep }) => Math.floor(timestep / 100)).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
