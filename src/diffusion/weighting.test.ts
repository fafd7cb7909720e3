import { describe, expect, it } from 'vitest';
import { cosineSchedule, linearSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
import { makeLevel } from './level.ts';
import { fromOutput, PREDICTIONS } from './prediction.ts';
import { previousLevel } from './schedule.ts';
import { minSnrWeighting, outputWeight, simpleWeighting, velocityWeighting, vWeighting, x0Weighting } from './weighting.ts';

const schedule = cosineSchedule({ T: 200 });
const WEIGHTINGS = { simple: simpleWeighting, x0: x0Weighting, v: vWeighting, velocity: velocityWeighting, minSnr: minSnrWeighting() };

describe.each(Object.entries(WEIGHTINGS))('%s', (_, weighting) => {
  it.each(PREDICTIONS)('is one loss in x0 space, whatever the network outputs: %s', (prediction) => {
    for (const i of [1, 20, 100, 180]) {
      const level = schedule.level(i);
      const previous = previousLevel(schedule)(level);
      const xt = Float32Array.of(0.7);
      // Two outputs at the same xt: their distance, weighted, must be λ times the distance of the x0 they stand for.
      const [one, two] = [Float32Array.of(0.25), Float32Array.of(-0.5)];
      const x0 = [one, two].map((output) => fromOutput(prediction, output, xt, level, previous).x0[0]);
      const weighted = outputWeight(weighting, prediction, level, previous) * (one[0] - two[0]) ** 2;
      expect((weighting(level) * (x0[0] - x0[1]) ** 2) / weighted).toBeCloseTo(1, 3);
    }
  });
});

it('gives weight 1 where each name promises it', () => {
  for (const i of [0, 5, 100, 199]) {
    const level = schedule.level(i);
    expect(outputWeight(simpleWeighting, 'epsilon', level)).toBeCloseTo(1, 12);
    expect(outputWeight(x0Weighting, 'x0', level)).toBeCloseTo(1, 12);
    expect(outputWeight(vWeighting, 'v', level)).toBeCloseTo(1, 10);
    expect(outputWeight(minSnrWeighting({ gamma: 5 }), 'epsilon', level)).toBeCloseTo(Math.min(1, 5 / Math.exp(level.logSnr)), 9);
  }
  const flow = makeLevel({ t: 0.3, timestep: 300, signalScale: 0.7, noiseScale: 0.3 });
  expect(outputWeight(velocityWeighting, 'velocity', flow)).toBeCloseTo(1, 12);
});

it('stays finite without signal, and refuses data', () => {
  const zero = withZeroTerminalSnr(linearSchedule()).noisiest;
  expect(outputWeight(vWeighting, 'v', zero)).toBe(1);
  expect(outputWeight(simpleWeighting, 'v', zero)).toBe(0);
  expect(() => outputWeight(simpleWeighting, 'x0', schedule.data)).toThrow(/clean data has no loss/);
  expect(() => minSnrWeighting({ gamma: 0 })).toThrow(/gamma/);
});
