import { expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { cosineSchedule, linearSchedule } from './beta-schedules.ts';
import { addNoise, chainStep, transition } from './forward.ts';

it.each([linearSchedule(), cosineSchedule({ T: 50 })])('one step of the chain is N(√α x, β I) ($name)', (schedule) => {
  for (let i = 0; i < schedule.T; i += 7) {
    const { scale, variance } = transition(schedule.level(i - 1), schedule.level(i));
    expect(scale).toBeCloseTo(Math.sqrt(schedule.alphas[i]), 12);
    expect(variance / schedule.betas[i]).toBeCloseTo(1, 9);
  }
});

it('the chain composes to the closed form, exactly in its moments', () => {
  const schedule = linearSchedule({ T: 200, betaStart: 1e-4, betaEnd: 0.05 });
  let [scale, variance] = [1, 0];
  for (let i = 0; i < schedule.T; i++) {
    const step = transition(schedule.level(i - 1), schedule.level(i));
    [scale, variance] = [scale * step.scale, step.scale ** 2 * variance + step.variance];
    expect(scale).toBeCloseTo(schedule.level(i).signalScale, 12);
    expect(variance).toBeCloseTo(schedule.level(i).noiseScale ** 2, 12);
  }
  const jump = transition(schedule.level(20), schedule.level(120));
  expect(jump.scale ** 2 * schedule.level(20).noiseScale ** 2 + jump.variance).toBeCloseTo(schedule.level(120).noiseScale ** 2, 12);
});

it('the chain composes to the closed form, in samples', () => {
  const schedule = linearSchedule({ T: 30, betaStart: 0.01, betaEnd: 0.2 });
  const n = 40_000;
  const x0 = new Float32Array(n).fill(0.8);
  const stream = createStream({ seed: 5, purpose: 'test' });
  let x = x0;
  for (let i = 0; i < schedule.T; i++) x = chainStep(x, schedule.level(i - 1), schedule.level(i), stream.normals(new Float32Array(n), i)) as Float32Array<ArrayBuffer>;
  const direct = addNoise(x0, schedule.noisiest, stream.normals(new Float32Array(n), 999));
  const { signalScale, noiseScale } = schedule.noisiest;
  for (const sample of [x, direct]) {
    const mean = sample.reduce((sum, v) => sum + v, 0) / n;
    const variance = sample.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n;
    expect(Math.abs(mean - signalScale * 0.8)).toBeLessThan((5 * noiseScale) / Math.sqrt(n));
    expect(Math.abs(variance / noiseScale ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  }
});

it('refuses to take noise away', () => {
  const schedule = linearSchedule();
  expect(() => transition(schedule.level(5), schedule.level(4))).toThrow(/noise can only be added, but t 0.005 \(timestep 4, σ/);
});
