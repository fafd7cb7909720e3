import { describe, expect, it } from 'vitest';
import { layoutParameters } from '../nn/parameters.ts';
import { adamScalars, adamSettings, adamUpdate, clipCoefficient, decaySegments, flushTiny, gradientNorm, integerPower, type AdamOptions } from './optimizer.ts';

/** Small reproducible numbers, so the table below stays valid. */
const wave = (n: number, phase: number, scale = 1): Float32Array => Float32Array.from({ length: n }, (_, i) => scale * Math.sin(1.7 * i + phase));

const layout = layoutParameters([
  { name: 'a.weight', shape: [3, 4] },
  { name: 'a.bias', shape: [3] },
  { name: 'b.weight', shape: [2, 5] },
  { name: 'b.bias', shape: [2] },
]);
const N = layout.trainableSize;

/** The textbook formula in double, one element at a time, both bias corrections written out. */
function textbook(options: AdamOptions, steps: number, learningRate: number, gradientAt: (step: number) => Float32Array, emaDecay: number): { w: number[]; e: number[] } {
  const { beta1, beta2, epsilon, weightDecay, decoupled, decayOn, maxGradNorm } = adamSettings(options);
  const w = Array.from(wave(N, 0.3));
  const e = [...w];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  const decays = layout.parameters.flatMap((p) => Array.from({ length: p.size }, () => decayOn === 'all' || p.shape.length > 1));
  for (let t = 1; t <= steps; t++) {
    const raw = gradientAt(t);
    const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0));
    const clip = Math.min(1, maxGradNorm / (norm + 1e-6));
    for (let i = 0; i < N; i++) {
      const lambda = decays[i] ? weightDecay : 0;
      let g = raw[i] * clip;
      if (decoupled) w[i] *= 1 - learningRate * lambda;
      else g += lambda * w[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const mHat = m[i] / (1 - beta1 ** t);
      const vHat = v[i] / (1 - beta2 ** t);
      w[i] -= (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
      e[i] = emaDecay * e[i] + (1 - emaDecay) * w[i];
    }
  }
  return { w, e };
}

function ours(options: AdamOptions, steps: number, learningRate: number, gradientAt: (step: number) => Float32Array, emaDecay: number | undefined): { w: Float32Array; e: Float32Array } {
  const settings = adamSettings(options);
  const weights = wave(N, 0.3);
  const ema = weights.slice();
  const vectors = { weights, m: new Float32Array(N), v: new Float32Array(N), ...(emaDecay === undefined ? {} : { ema }) };
  const segments = decaySegments(layout, settings.decayOn);
  for (let t = 1; t <= steps; t++) {
    const gradient = gradientAt(t);
    adamUpdate(vectors, gradient, adamScalars(settings, learningRate, t), segments, clipCoefficient(gradientNorm(gradient), settings.maxGradNorm), emaDecay);
  }
  return { w: weights, e: ema };
}

const furthest = (a: Float32Array, b: readonly number[]): number => a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0);

describe('AdamW and Adam', () => {
  const gradientAt = (t: number): Float32Array => wave(N, 2.1 * t, 0.5 + t);
  const variants: AdamOptions[] = [
    {},
    { weightDecay: 0.3 },
    { weightDecay: 0.3, decayOn: 'all' },
    { weightDecay: 0.3, decoupled: false },
    { beta1: 0, beta2: 0.9, epsilon: 1e-3, maxGradNorm: Infinity },
    { maxGradNorm: 0.01, epsilon: 1e-4 },
  ];
  it.each(variants)('follows the formula in double: %j', (options) => {
    const got = ours(options, 25, 1e-2, gradientAt, 0.9);
    const want = textbook(options, 25, 1e-2, gradientAt, 0.9);
    expect(furthest(got.w, want.w)).toBeLessThan(3e-6); // 25 roundings to float32 of numbers near 1
    expect(furthest(got.e, want.e)).toBeLessThan(3e-6);
    expect(furthest(got.w, Array.from(wave(N, 0.3)))).toBeGreaterThan(0.01); // and it moved
  });

  it('makes the same weights with and without an EMA', () => {
    expect(ours({}, 9, 1e-2, gradientAt, undefined).w).toEqual(ours({}, 9, 1e-2, gradientAt, 0.99).w);
  });

  it('moves by the learning rate times the gradient sign at first, whatever the gradient scale', () => {
    for (const scale of [1e-3, 1, 1e3]) {
      const { w } = ours({ weightDecay: 0, maxGradNorm: Infinity }, 1, 1e-3, () => wave(N, 1, scale), undefined);
      const start = wave(N, 0.3);
      const sign = wave(N, 1).map(Math.sign);
      for (let i = 0; i < N; i++) expect((start[i] - w[i]) * sign[i]).toBeCloseTo(1e-3, 6);
    }
  });

  it.each([
    [true, [0.48176679, -1.24515343, 1.98876297, -0.020991534]],
    [false, [0.481574595, -1.24055636, 1.98521638, -0.0209547263]],
  ])('equals PyTorch over three clipped steps: decoupled %s', (decoupled, want) => {
    // torch 1.13, float32: AdamW and Adam(lr 0.01, betas (0.9, 0.95), eps 1e-6, weight_decay 0.1) after clip_grad_norm_(…, 0.7)
    const weights = Float32Array.of(0.5, -1.25, 2, 0);
    const gradients = [[0.1, -0.2, 0.3, 0.4], [1, 2, -3, 0], [-0.5, 0.25, 0.125, -0.0625]];
    const settings = adamSettings({ beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1, decoupled });
    const vectors = { weights, m: new Float32Array(4), v: new Float32Array(4) };
    gradients.forEach((values, i) => {
      const gradient = Float32Array.from(values);
      adamUpdate(vectors, gradient, adamScalars(settings, 0.01, i + 1), [{ start: 0, end: 4, decays: true }], clipCoefficient(gradientNorm(gradient), 0.7));
    });
    expect(furthest(weights, want)).toBeLessThan(3e-7);
  });

  it('refuses settings out of range', () => {
    expect(() => adamSettings({ beta1: 1 })).toThrow('adam: beta1 must be in [0, 1), got 1');
    expect(() => adamSettings({ epsilon: 0 })).toThrow('epsilon must be positive');
    expect(() => adamScalars(adamSettings(), NaN, 1)).toThrow('learning rate must be finite');
    expect(() => adamScalars(adamSettings(), 1, 0)).toThrow('updates count from 1');
  });
});

describe('the pieces', () => {
  it('merges the weight-decay mask into runs', () => {
    expect(decaySegments(layout, 'all')).toEqual([{ start: 0, end: N, decays: true }]);
    expect(decaySegments(layout, 'declared')).toEqual([
      { start: 0, end: 12, decays: true },
      { start: 12, end: 15, decays: false },
      { start: 15, end: 25, decays: true },
      { start: 25, end: 27, decays: false },
    ]);
  });

  it('measures norms in double, at every length, and shows any non-finite element', () => {
    for (let n = 0; n <= 9; n++) {
      const g = wave(n, 0.4, 3);
      expect(gradientNorm(g)).toBeCloseTo(Math.hypot(...g), 12);
    }
    expect(gradientNorm(new Float32Array(5).fill(3e38))).toBeCloseTo(3e38 * Math.sqrt(5), -33);
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 7; at++) {
        const g = new Float32Array(7);
        g[at] = bad;
        expect(Number.isFinite(gradientNorm(g))).toBe(false);
      }
    }
  });

  it('clips to the maximum and leaves shorter gradients alone', () => {
    expect(clipCoefficient(0.5, 1)).toBe(1);
    expect(clipCoefficient(4, 1) * 4).toBeCloseTo(1, 6);
    expect(clipCoefficient(1e30, Infinity)).toBe(1);
  });

  it('raises to whole powers', () => {
    for (const n of [0, 1, 2, 7, 100, 12345]) expect(integerPower(0.999, n)).toBeCloseTo(0.999 ** n, 13);
  });

  it('zeroes only what is tiny', () => {
    const x = Float32Array.of(1e-31, -1e-31, 1e-29, -1e-29, 0, 5);
    flushTiny(x);
    expect(x).toEqual(Float32Array.of(0, 0, 1e-29, -1e-29, 0, 5));
  });
});
