import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { cosineSchedule, linearSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
import { addNoise } from './forward.ts';
import { makeLevel } from './level.ts';
import { posteriorMean } from './posterior.ts';
import { convertOutput, fromOutput, linearForm, PREDICTIONS, toOutput, type Prediction } from './prediction.ts';
import { previousLevel } from './schedule.ts';

const schedule = cosineSchedule({ T: 100 });
const stream = createStream({ seed: 3, purpose: 'test' });
const x0 = stream.uniforms(new Float32Array(50)).map((u) => 2 * u - 1);
const epsilon = stream.normals(new Float32Array(50), 1);
const worst = (a: Float32Array, b: Float32Array): number => a.reduce((max, v, i) => Math.max(max, Math.abs(v - b[i])), 0);
const LEVELS = [3, 50, 90].map((i) => schedule.level(i));

describe.each(LEVELS)('at t $t', (level) => {
  const previous = previousLevel(schedule)(level);
  const xt = addNoise(x0, level, epsilon);

  it.each(PREDICTIONS)('%s gives x0 and ε back', (prediction) => {
    const back = fromOutput(prediction, toOutput(prediction, x0, epsilon, level, previous), xt, level, previous);
    // float32 outputs lose up to b/|D| of their last digits in x0, a/|D| in ε
    const d = Math.abs(linearForm(prediction, level, previous).determinant);
    expect(worst(back.x0, x0)).toBeLessThan(2e-6 * Math.max(1, 1 / d));
    expect(worst(back.epsilon, epsilon)).toBeLessThan(2e-6 * Math.max(1, 1 / d));
  });

  it.each(PREDICTIONS.flatMap((a) => PREDICTIONS.map((b): [Prediction, Prediction] => [a, b])))('%s → %s → back', (from, to) => {
    const output = toOutput(from, x0, epsilon, level, previous);
    const there = convertOutput(from, to, output, xt, level, previous);
    const [da, db] = [from, to].map((name) => Math.abs(linearForm(name, level, previous).determinant));
    expect(worst(there, toOutput(to, x0, epsilon, level, previous))).toBeLessThan(4e-6 / Math.min(1, da));
    expect(worst(convertOutput(to, from, there, xt, level, previous), output)).toBeLessThan((8e-6 / Math.min(1, da)) / Math.min(1, db));
  });

  it('mean is the posterior mean, and the lecture’s α′x − γ′ε', () => {
    const mean = toOutput('mean', x0, epsilon, level, previous);
    expect(worst(mean, posteriorMean(x0, xt, previous, level))).toBeLessThan(1e-6);
    const i = level.timestep;
    const [alpha, beta, alphaBar] = [schedule.alphas[i], schedule.betas[i], schedule.alphaBars[i]];
    const lecture = xt.map((v, k) => v / Math.sqrt(alpha) - (beta / Math.sqrt(alpha) / Math.sqrt(1 - alphaBar)) * epsilon[k]);
    expect(worst(mean, lecture)).toBeLessThan(1e-5);
  });
});

it('targets of ε and x0 are the arrays themselves', () => {
  expect(toOutput('epsilon', x0, epsilon, LEVELS[0])).toBe(epsilon);
  expect(toOutput('x0', x0, epsilon, LEVELS[0])).toBe(x0);
});

it('v and velocity are what their papers say', () => {
  const level = makeLevel({ t: 0.3, timestep: 300, signalScale: 0.6, noiseScale: 0.8 });
  expect(toOutput('v', x0, epsilon, level)[0]).toBeCloseTo(0.6 * epsilon[0] - 0.8 * x0[0], 6);
  expect(toOutput('velocity', x0, epsilon, level)[0]).toBeCloseTo(epsilon[0] - x0[0], 6);
});

it('refuses pairs that cannot be served', () => {
  const zero = withZeroTerminalSnr(linearSchedule()).noisiest;
  expect(() => linearForm('epsilon', zero)).toThrow(/prediction epsilon: cannot give x0 and epsilon at t 1 \(timestep 999, σ Infinity\).*predict v or x0/);
  expect(() => linearForm('x0', schedule.data)).toThrow(/prediction x0: cannot give/);
  expect(linearForm('v', zero).determinant).toBe(1);
  const out = fromOutput('v', Float32Array.of(0.5), Float32Array.of(2), zero);
  expect([out.x0[0], out.epsilon[0]]).toEqual([-0.5, 2]);
  expect(() => linearForm('mean', LEVELS[0])).toThrow(/needs the level that the posterior leads to/);
  expect(() => linearForm('eps' as Prediction, LEVELS[0])).toThrow('unknown prediction "eps"; one of epsilon, x0, v, velocity, mean');
});
