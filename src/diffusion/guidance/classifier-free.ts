/**
 * Classifier-free guidance: D = D(x, ∅) + scale·(D(x, c) − D(x, ∅)). Every output of a network is linear in (x0, ε) at fixed x, so guiding
 * both is guiding any of them. scale 1 is the conditional model, 0 the unconditional one; either needs half the work.
 * (Ho and Salimans 2022, 2207.12598, eq. 6, whose w is scale − 1.)
 *
 *   interval   guide only where sigmaInterval[0] ≤ σ ≤ sigmaInterval[1], else use D(x, c): Kynkäänniemi et al. 2024 (2404.07724)
 *   rescale    out ← φ·out·std(out_c)/std(out) + (1 − φ)·out over each sample, against overexposure: Lin et al. 2023 (2305.08891),
 *              eq. 15 and 16; the output is v there
 */
import { check } from '../../core/errors.ts';
import { lincomb } from '../../core/lincomb.ts';
import { tensor } from '../../core/tensor.ts';
import { nullLike, withNullHalf, type Condition } from '../condition.ts';
import type { Denoised, Denoiser } from '../denoiser.ts';
import type { Level } from '../level.ts';
import { fromOutput, toOutput, type Prediction } from '../prediction.ts';

export interface ClassifierFreeOptions {
  readonly guidanceScale: number;
  /** ∅: the names of the condition, one row or as many as the batch. A negative prompt goes here too. */
  readonly nullCondition: Condition;
  /** Both halves in one call of the network (twice the batch), or in two. */
  readonly oneCall?: boolean;
  readonly sigmaInterval?: readonly [low: number, high: number];
  /** φ in [0, 1], and the output whose spread is kept. */
  readonly rescale?: { readonly factor: number; readonly output?: Exclude<Prediction, 'mean'> };
}

/** The standard deviation of a row. */
function spread(row: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < row.length; i++) sum += row[i];
  const mean = sum / row.length;
  for (let i = 0; i < row.length; i++) squares += (row[i] - mean) ** 2;
  return Math.sqrt(squares / row.length);
}

function rescaled(guided: Denoised, conditional: Denoised, x: Float32Array, batch: number, level: Level, factor: number, output: Prediction): Denoised {
  const out = Float32Array.from(toOutput(output, guided.x0, guided.epsilon, level));
  const reference = toOutput(output, conditional.x0, conditional.epsilon, level);
  const size = out.length / batch;
  for (let from = 0; from < out.length; from += size) {
    const row = out.subarray(from, from + size);
    const ratio = spread(reference.subarray(from, from + size)) / spread(row);
    const scale = factor * ratio + 1 - factor;
    for (let i = 0; i < size; i++) row[i] *= scale;
  }
  return fromOutput(output, out, x, level);
}

/** Wraps a conditional denoiser in a guided one. A learned variance is the conditional branch's. Throws when called without a condition. */
export function classifierFree(denoiser: Denoiser, options: ClassifierFreeOptions): Denoiser {
  const { guidanceScale: scale, nullCondition, oneCall = true, sigmaInterval = [0, Infinity], rescale } = options;
  check(Number.isFinite(scale), 'classifierFree', () => `guidanceScale must be a finite number (1 is off) but is ${scale}`);
  check(!rescale || (rescale.factor >= 0 && rescale.factor <= 1), 'classifierFree', () => `the rescale factor must lie in [0, 1] but is ${rescale?.factor}`);
  return async (x, level, condition) => {
    check(condition, 'classifierFree', 'needs a condition to be guided to; pass one to sample, or sample without guidance');
    if (scale === 1 || level.sigma < sigmaInterval[0] || level.sigma > sigmaInterval[1]) return denoiser(x, level, condition);
    if (scale === 0 && !rescale?.factor) return denoiser(x, level, nullLike(condition, nullCondition));

    let conditional: Denoised;
    let unconditional: Denoised;
    const n = x.data.length;
    if (oneCall) {
      const twice = new Float32Array(2 * n);
      twice.set(x.data);
      twice.set(x.data, n);
      const both = await denoiser(tensor([2 * x.shape[0], ...x.shape.slice(1)], twice), level, withNullHalf(condition, nullCondition));
      conditional = { x0: both.x0.subarray(0, n), epsilon: both.epsilon.subarray(0, n), varianceFraction: both.varianceFraction?.subarray(0, n) };
      unconditional = { x0: both.x0.subarray(n), epsilon: both.epsilon.subarray(n) };
    } else {
      conditional = await denoiser(x, level, condition);
      unconditional = await denoiser(x, level, nullLike(condition, nullCondition));
    }
    const guided: Denoised = {
      x0: lincomb([[1 - scale, unconditional.x0], [scale, conditional.x0]]),
      epsilon: lincomb([[1 - scale, unconditional.epsilon], [scale, conditional.epsilon]]),
    };
    const result = rescale?.factor ? rescaled(guided, conditional, x.data, x.shape[0], level, rescale.factor, rescale.output ?? 'v') : guided;
    return { ...result, varianceFraction: conditional.varianceFraction };
  };
}
