/**
 * AdamW and Adam with a global-norm clip and an exponential moving average of the weights, over flat vectors. With ĝ the clipped
 * mean gradient, t = 1, 2, … the number of the update, λ the weight decay (0 where the mask says so), η the learning rate:
 *
 *   AdamW:  w ← (1 − ηλ)·w          Adam:  ĝ ← ĝ + λ·w
 *   m ← β₁m + (1 − β₁)ĝ,   v ← β₂v + (1 − β₂)ĝ²
 *   w ← w − η·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε)
 *   e ← e + (1 − d)(w − e)
 *
 * Both bias corrections are moved into two scalars, stepSize = η√(1 − β₂ᵗ)/(1 − β₁ᵗ) and epsilon' = ε√(1 − β₂ᵗ), so an element costs one square
 * root and one division: w ← w − stepSize·m/(√v + epsilon'). {@link adamScalars} is that definition; the loops here and the graph that
 * updates on a device both take their numbers from it.
 *
 * Sources: Kingma, Ba, "Adam", ICLR 2015, algorithm 1 and the end of §2; Loshchilov, Hutter, "Decoupled weight decay regularization",
 * ICLR 2019, algorithm 2. Order of operations, defaults and the clip's 1e-6 as in PyTorch's `AdamW` and `clip_grad_norm_`.
 */
import { check } from '../core/errors.ts';
import type { ParameterLayout } from '../nn/parameters.ts';

export interface AdamOptions {
  /** Decay rate of the first moment, in [0, 1). */
  readonly beta1?: number;
  /** Decay rate of the second moment, in [0, 1). */
  readonly beta2?: number;
  /** Added to the root of the second moment. */
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** true: AdamW, decay apart from the gradient; false: Adam, decay as an L2 gradient. */
  readonly decoupled?: boolean;
  /** Which parameters decay: those declared so (by default rank ≥ 2), or all, as PyTorch does unless told otherwise. */
  readonly decayOn?: 'declared' | 'all';
  /** Largest Euclidean norm of the whole gradient; Infinity: no clipping. */
  readonly maxGradNorm?: number;
}
export type AdamSettings = Required<AdamOptions>;

/** PyTorch's AdamW, except that biases and norms do not decay and that the gradient is clipped to norm 1. */
export const ADAM_DEFAULTS: AdamSettings = {
  beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: true, decayOn: 'declared', maxGradNorm: 1,
};

/** Fills in defaults and checks ranges. */
export function adamSettings(options: AdamOptions = {}): AdamSettings {
  const settings = { ...ADAM_DEFAULTS, ...options };
  const { beta1, beta2, epsilon, weightDecay, decayOn, maxGradNorm } = settings;
  check(beta1 >= 0 && beta1 < 1, 'adam', `beta1 must be in [0, 1), got ${beta1}`);
  check(beta2 >= 0 && beta2 < 1, 'adam', `beta2 must be in [0, 1), got ${beta2}`);
  check(epsilon > 0, 'adam', `epsilon must be positive, got ${epsilon}`);
  check(weightDecay >= 0, 'adam', `weightDecay must not be negative, got ${weightDecay}`);
  check(maxGradNorm > 0, 'adam', `maxGradNorm must be positive (Infinity turns clipping off), got ${maxGradNorm}`);
  check(decayOn === 'declared' || decayOn === 'all', 'adam', `decayOn must be declared or all, got ${JSON.stringify(decayOn)}`);
  return settings;
}

/** The numbers one update needs, the same for every element. */
export interface AdamScalars {
  readonly beta1: number;
  readonly beta2: number;
  /** η√(1 − β₂ᵗ)/(1 − β₁ᵗ) */
  readonly stepSize: number;
  /** ε√(1 − β₂ᵗ) */
  readonly epsilon: number;
  /** Factor on decaying weights before the update: 1 − ηλ (AdamW), 1 (Adam). */
  readonly decayFactor: number;
  /** λ added to the gradient of decaying weights: 0 (AdamW), λ (Adam). */
  readonly l2: number;
}

/** baseⁿ by squaring: products only, because Math.pow is not the same on every JavaScript engine. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, n = exponent; n > 0; n = Math.floor(n / 2), square *= square) if (n % 2 === 1) result *= square;
  return result;
}

/** The scalars of update number `update` (from 1) at the given learning rate. */
export function adamScalars({ beta1, beta2, epsilon, weightDecay, decoupled }: AdamSettings, learningRate: number, update: number): AdamScalars {
  check(Number.isInteger(update) && update >= 1, 'adamScalars', `updates count from 1, got ${update}`);
  check(Number.isFinite(learningRate) && learningRate >= 0, 'adamScalars', `the learning rate must be finite and not negative, got ${learningRate}`);
  const root = Math.sqrt(1 - integerPower(beta2, update));
  return {
    beta1,
    beta2,
    stepSize: (learningRate * root) / (1 - integerPower(beta1, update)),
    epsilon: epsilon * root,
    decayFactor: decoupled ? 1 - learningRate * weightDecay : 1,
    l2: decoupled ? 0 : weightDecay,
  };
}

/** Factor that brings a gradient of norm `norm` down to `maxNorm`: min(1, maxNorm/(norm + 1e-6)). */
export const clipCoefficient = (norm: number, maxNorm: number): number => (maxNorm === Infinity ? 1 : Math.min(1, maxNorm / (norm + 1e-6)));

/**
 * Euclidean norm of a float32 vector, summed in double in a fixed order (four interleaved sums), so that the same gradient has the same norm on every
 * machine. A sum of squares of float32 cannot overflow a double: the norm is finite exactly when every element is.
 */
export function gradientNorm(gradient: Float32Array): number {
  const end = gradient.length - (gradient.length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < end; i += 4) {
    const w = gradient[i];
    const x = gradient[i + 1];
    const y = gradient[i + 2];
    const z = gradient[i + 3];
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (let i = end; i < gradient.length; i++) a += gradient[i] * gradient[i];
  return Math.sqrt(a + b + (c + d));
}

/** A run of elements that all decay or all do not. */
export interface DecaySegment {
  readonly start: number;
  readonly end: number;
  readonly decays: boolean;
}

/** The weight-decay mask of the trainable vector, as runs. */
export function decaySegments(layout: ParameterLayout, decayOn: AdamSettings['decayOn']): DecaySegment[] {
  const segments: DecaySegment[] = [];
  for (const { trainable, offset, size, decay } of layout.parameters) {
    if (!trainable || size === 0) continue;
    const decays = decayOn === 'all' || decay;
    const last = segments.at(-1);
    if (last?.decays === decays) segments[segments.length - 1] = { ...last, end: offset + size };
    else segments.push({ start: offset, end: offset + size, decays });
  }
  return segments;
}

/** What one update reads and writes; all of the trainable vector's length. */
export interface AdamVectors {
  readonly weights: Float32Array;
  /** First moment. */
  readonly m: Float32Array;
  /** Second moment. */
  readonly v: Float32Array;
  /** Moving average of the weights, where there is one. */
  readonly ema?: Float32Array;
}

/**
 * One update in place, in a single pass; arithmetic in double, storage in float32. `gradientScale` multiplies the gradient (clip coefficient,
 * and 1/count for a sum over micro-batches); `emaDecay` is d above. With Adam's L2 the gradient is overwritten by the one that includes it.
 * 6.5 M elements take about 35 ms.
 */
export function adamUpdate(vectors: AdamVectors, gradient: Float32Array, scalars: AdamScalars, segments: readonly DecaySegment[], gradientScale = 1, emaDecay = 1): void {
  const { weights, m, v, ema } = vectors;
  for (const { start, end, decays } of segments) {
    const coupled = decays && scalars.l2 > 0;
    if (coupled) addL2(weights, gradient, start, end, gradientScale, scalars.l2);
    const scale = coupled ? 1 : gradientScale;
    const factor = decays ? scalars.decayFactor : 1;
    if (ema) updateWithEma(weights, m, v, ema, gradient, start, end, scalars, factor, scale, emaDecay);
    else update(weights, m, v, gradient, start, end, scalars, factor, scale);
  }
}

function addL2(w: Float32Array, gradient: Float32Array, start: number, end: number, scale: number, l2: number): void {
  for (let i = start; i < end; i++) gradient[i] = scale * gradient[i] + l2 * w[i];
}

// Two loops, because a branch or a call per element costs more than the arithmetic.

function update(
  w: Float32Array, m: Float32Array, v: Float32Array, gradient: Float32Array,
  start: number, end: number, { beta1, beta2, stepSize, epsilon }: AdamScalars, factor: number, scale: number,
): void {
  const fresh1 = (1 - beta1) * scale;
  const fresh2 = (1 - beta2) * scale * scale;
  for (let i = start; i < end; i++) {
    const g = gradient[i];
    const mean = beta1 * m[i] + fresh1 * g;
    const square = beta2 * v[i] + fresh2 * g * g;
    m[i] = mean;
    v[i] = square;
    w[i] = factor * w[i] - (stepSize * mean) / (Math.sqrt(square) + epsilon);
  }
}

function updateWithEma(
  w: Float32Array, m: Float32Array, v: Float32Array, ema: Float32Array, gradient: Float32Array,
  start: number, end: number, { beta1, beta2, stepSize, epsilon }: AdamScalars, factor: number, scale: number, emaDecay: number,
): void {
  const fresh1 = (1 - beta1) * scale;
  const fresh2 = (1 - beta2) * scale * scale;
  const freshEma = 1 - emaDecay;
  for (let i = start; i < end; i++) {
    const g = gradient[i];
    const mean = beta1 * m[i] + fresh1 * g;
    const square = beta2 * v[i] + fresh2 * g * g;
    m[i] = mean;
    v[i] = square;
    const next = factor * w[i] - (stepSize * mean) / (Math.sqrt(square) + epsilon);
    w[i] = next;
    const average = ema[i];
    ema[i] = average + freshEma * (next - average);
  }
}

/** How often {@link flushTiny} is due, in updates. */
export const FLUSH_EVERY = 64;
const TINY = 2 ** -100;

/**
 * Sets moments below 2⁻¹⁰⁰ to zero. Where a gradient stays exactly zero (rows of an embedding that no batch touches) the moments decay until
 * they are subnormal numbers, on which a processor is a hundred times slower; a root of 2⁻⁵⁰ is far below any epsilon. Run it
 * every {@link FLUSH_EVERY} updates.
 */
export function flushTiny(vector: Float32Array): void {
  for (let i = 0; i < vector.length; i++) {
    if (Math.abs(vector[i]) < TINY) vector[i] = 0; // one condition: the sign of a moment cannot be predicted
  }
}
