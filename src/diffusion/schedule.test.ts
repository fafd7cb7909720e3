import { describe, expect, it } from 'vitest';
import { cosineSchedule, linearSchedule, scaledLinearSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
import { klToUnitGaussian } from './forward.ts';
import { discreteSchedule, previousLevel } from './schedule.ts';

const SCHEDULES = {
  linear: linearSchedule(), scaledLinear: scaledLinearSchedule(), cosine: cosineSchedule(),
  short: linearSchedule({ T: 10, betaStart: 0.01, betaEnd: 0.5 }), one: linearSchedule({ T: 1, betaStart: 0.3 }),
};

describe.each(Object.entries(SCHEDULES))('schedule %s', (_, schedule) => {
  const { T, betas, alphaBars } = schedule;

  it('has tables that fit together', () => {
    let product = 1;
    for (let i = 0; i < T; i++) {
      product *= 1 - betas[i];
      const level = schedule.level(i);
      expect(alphaBars[i] / product).toBeCloseTo(1, 12);
      expect(level.signalScale ** 2 + level.noiseScale ** 2).toBeCloseTo(1, 12);
      expect(level.sigma).toBeCloseTo(level.noiseScale / level.signalScale, 12);
      expect(level.logSnr).toBeCloseTo(Math.log(level.signalScale ** 2 / level.noiseScale ** 2), 9);
      expect(level.timestep).toBe(i);
      expect(level.t).toBeCloseTo((i + 1) / T, 12);
      if (i > 0) expect(level.sigma).toBeGreaterThan(schedule.level(i - 1).sigma);
    }
    expect(schedule.level(0).noiseScale).toBeCloseTo(Math.sqrt(betas[0]), 14);
    expect(schedule.level(-1)).toBe(schedule.data);
    expect(schedule.level(T - 1)).toBe(schedule.noisiest);
  });

  it('finds levels by t and by σ', () => {
    for (let i = -1; i < T; i++) {
      expect(schedule.levelAt((i + 1) / T)).toBe(schedule.level(i));
      expect(schedule.levelAtSigma(schedule.level(i).sigma)).toBe(schedule.level(i));
    }
    for (const fraction of [0.03, 0.2, 0.7, 0.99]) {
      const level = schedule.levelAt(fraction);
      const again = schedule.levelAtSigma(level.sigma);
      expect(again.t).toBeCloseTo(fraction, 9);
      expect(again.timestep).toBeCloseTo(level.timestep, 6);
      expect(level.signalScale ** 2 + level.noiseScale ** 2).toBeCloseTo(1, 12);
    }
    const beyond = schedule.levelAtSigma(schedule.noisiest.sigma * 1.4);
    expect(beyond.sigma).toBe(schedule.noisiest.sigma * 1.4);
    expect(beyond.timestep).toBe(T - 1);
    expect(previousLevel(schedule)(schedule.noisiest)).toBe(schedule.level(T - 2 < -1 ? -1 : T - 2));
    expect(previousLevel(schedule)(schedule.level(0))).toBe(schedule.data);
  });
});

it('the chain ends in a unit Gaussian: the claim about x_T, in nats a dimension, for the brightest pixel', () => {
  const white = Float32Array.of(1);
  expect(klToUnitGaussian(white, SCHEDULES.linear.noisiest)).toBeLessThan(3e-5);
  expect(klToUnitGaussian(white, SCHEDULES.cosine.noisiest)).toBeLessThan(1e-6);
  // Stable Diffusion's does not end there, and the lecture's counterexample (no scaling) is far away.
  expect(klToUnitGaussian(white, SCHEDULES.scaledLinear.noisiest)).toBeGreaterThan(1e-3);
  for (let i = 1; i < 1000; i++) {
    expect(klToUnitGaussian(white, SCHEDULES.linear.level(i))).toBeLessThan(klToUnitGaussian(white, SCHEDULES.linear.level(i - 1)));
  }
});

it('cosine follows its formula until βmax cuts in; T of any size', () => {
  for (const T of [7, 50, 4000]) {
    const schedule = cosineSchedule({ T });
    const f = (t: number): number => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    for (let i = 0; i < T - 1; i += Math.ceil(T / 11)) expect(schedule.alphaBars[i] / (f((i + 1) / T) / f(0))).toBeCloseTo(1, 9);
    expect(schedule.betas[T - 1]).toBe(0.999);
  }
});

it('linear keeps its end noise at other T', () => {
  expect(linearSchedule().betas[0]).toBeCloseTo(1e-4, 15);
  expect(linearSchedule().betas[999]).toBe(0.02);
  expect(linearSchedule({ T: 4000 }).noisiest.logSnr).toBeCloseTo(linearSchedule().noisiest.logSnr, 0);
});

it('zero terminal SNR: no signal at the end, the same start', () => {
  const before = SCHEDULES.scaledLinear;
  const schedule = withZeroTerminalSnr(before);
  expect(schedule.noisiest).toMatchObject({ signalScale: 0, noiseScale: 1, sigma: Infinity, logSnr: -Infinity, timestep: 999 });
  expect(schedule.alphaBars[0]).toBeCloseTo(before.alphaBars[0], 12);
  expect(() => schedule.level(998.5)).toThrow(/no signal is left/);
  expect(schedule.levelAtSigma(1e6).sigma).toBe(1e6);
});

it('refuses tables and places that make no sense', () => {
  expect(() => linearSchedule({ T: 10 })).toThrow(/linear: every beta must lie in \(0, 1\] but the one at index .* fewer steps need smaller betas/);
  expect(() => linearSchedule({ T: 0 })).toThrow(/T must be a positive integer/);
  expect(() => discreteSchedule({ name: 'x', alphaBars: [0.9, 0.95] })).toThrow(/beta/);
  expect(() => discreteSchedule({ name: 'x' })).toThrow(/at least one/);
  expect(() => SCHEDULES.linear.level(1000)).toThrow(/\[-1, 999\]/);
  expect(() => SCHEDULES.linear.levelAt(1.01)).toThrow(/\[0, 1\]/);
  expect(() => SCHEDULES.linear.levelAtSigma(Infinity)).toThrow(/finite/);
});

it('tells the network scaled timesteps when asked', () => {
  const schedule = cosineSchedule({ T: 4000, timestepScale: 0.25 });
  expect(schedule.level(400).timestep).toBe(100);
  expect(schedule.level(400.5).timestep).toBeCloseTo(100.125, 10);
});
