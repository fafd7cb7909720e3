import { describe, expect, it } from 'vitest';
import { cosineSchedule, linearSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
import { transition } from './forward.ts';
import { posterior, posteriorByPrecision, posteriorMean, posteriorTables } from './posterior.ts';

describe.each([linearSchedule(), cosineSchedule({ T: 100 })])('posterior, $name', (schedule) => {
  const { alphas, alphaBars, betas, T } = schedule;

  it('both forms of the lecture agree, and with the tables by β and ᾱ', () => {
    const tables = posteriorTables(schedule);
    for (let i = 1; i < T; i++) {
      const [s, t] = [schedule.level(i - 1), schedule.level(i)];
      const [one, two] = [posterior(s, t), posteriorByPrecision(s, t)];
      for (const key of ['coefXt', 'coefX0', 'variance', 'forwardVariance'] as const) expect(one[key] / two[key]).toBeCloseTo(1, 9);
      expect(one.coefXt / ((Math.sqrt(alphas[i]) * (1 - alphaBars[i - 1])) / (1 - alphaBars[i]))).toBeCloseTo(1, 8);
      expect(one.coefX0 / ((Math.sqrt(alphaBars[i - 1]) * betas[i]) / (1 - alphaBars[i]))).toBeCloseTo(1, 8);
      expect(one.variance / ((betas[i] * (1 - alphaBars[i - 1])) / (1 - alphaBars[i]))).toBeCloseTo(1, 8);
      expect(tables.coefX0[i]).toBe(one.coefX0);
      expect(tables.logVarianceClipped[i]).toBe(Math.log(one.variance));
    }
    expect(tables.variance[0]).toBe(0);
    expect(tables.logVarianceClipped[0]).toBe(tables.logVarianceClipped[1]);
  });

  it('is the conditional of the joint Gaussian of x_s and x_t, for jumps too', () => {
    for (const [low, high] of [[0, 1], [3, 40], [20, T - 1]]) {
      const [s, t] = [schedule.level(low), schedule.level(high)];
      const { scale } = transition(s, t);
      const gain = (scale * s.noiseScale ** 2) / t.noiseScale ** 2; // cov(x_s, x_t)/var(x_t)
      const p = posterior(s, t);
      expect(p.coefXt).toBeCloseTo(gain, 12);
      expect(p.coefX0).toBeCloseTo(s.signalScale - gain * t.signalScale, 10);
      expect(p.variance).toBeCloseTo(s.noiseScale ** 2 - gain * scale * s.noiseScale ** 2, 10);
    }
  });

  it('leads to x0 itself at the last step', () => {
    expect(posterior(schedule.data, schedule.level(3))).toMatchObject({ coefXt: 0, coefX0: 1, variance: 0 });
    expect(posteriorMean(Float32Array.of(0.25), Float32Array.of(9), schedule.data, schedule.level(0))).toEqual(Float32Array.of(0.25));
    expect(() => posteriorByPrecision(schedule.data, schedule.level(3))).toThrow(/infinite precision/);
    expect(() => posterior(schedule.level(3), schedule.level(3))).toThrow(/must be noisier/);
  });
});

it('has its limit where no signal is left', () => {
  const schedule = withZeroTerminalSnr(linearSchedule());
  const s = schedule.level(900);
  expect(posterior(s, schedule.noisiest)).toEqual({ coefXt: 0, coefX0: s.signalScale, variance: s.noiseScale ** 2, forwardVariance: 1 });
});
