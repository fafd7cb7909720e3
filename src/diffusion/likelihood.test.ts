import { expect, test } from 'vitest';
import { approximateNormalCdf, bitsPerDimension, discretizedGaussianLogLikelihood, gaussianKl } from './likelihood.ts';

test('KL: zero for equal Gaussians, ½m² for a shift from the standard one, and the integral of p log p/q', () => {
  expect([...gaussianKl([3], [0.7], [3], [0.7])]).toEqual([0]);
  expect([...gaussianKl([3], [0])]).toEqual([4.5]);
  const [m1, l1, m2, l2] = [0.3, -0.5, -0.2, 0.4];
  const density = (x: number, m: number, l: number): number => Math.exp(-((x - m) ** 2) / (2 * Math.exp(l))) / Math.sqrt(2 * Math.PI * Math.exp(l));
  let integral = 0;
  for (let x = -12; x < 12; x += 1e-3) integral += 1e-3 * density(x, m1, l1) * Math.log(density(x, m1, l1) / density(x, m2, l2));
  expect(gaussianKl([m1], [l1], [m2], [l2])[0]).toBeCloseTo(integral, 8);
  expect(() => gaussianKl([1, 2], [1])).toThrow('gaussianKl: all arguments need 2 elements but one has 1');
});

test('the 256 bins share all the probability, whatever the mean and the scale', () => {
  const levels = Array.from({ length: 256 }, (_, i) => -1 + (2 * i) / 255);
  for (const [mean, logScale] of [[0, -1], [0.4, -3], [-1.2, -2]]) {
    const total = discretizedGaussianLogLikelihood(levels, levels.map(() => mean), levels.map(() => logScale)).reduce((s, v) => s + Math.exp(v), 0);
    expect(Math.abs(total - 1)).toBeLessThan(1e-5); // 256 roundings to single precision
  }
});

test('far from the mean the floor holds', () => {
  expect(discretizedGaussianLogLikelihood([0, 1, -1], [9, -9, 9], [-3, -3, -3])).toEqual(new Float64Array(3).fill(Math.log(1e-12)));
});

test('the distribution function is near the true one', () => {
  expect(approximateNormalCdf(0)).toBe(0.5);
  for (const [z, exact] of [[1, 0.8413447461], [-2, 0.0227501319], [0.5, 0.6914624613]]) expect(Math.abs(approximateNormalCdf(z) - exact)).toBeLessThan(3e-4);
});

test('bits: ln 2 nats each are one bit', () => {
  expect([...bitsPerDimension([Math.LN2, Math.LN2, 2 * Math.LN2, 4 * Math.LN2], 2)]).toEqual([1, 3]);
  expect(() => bitsPerDimension([1, 2, 3], 2)).toThrow('3 elements do not divide into 2 samples');
});
