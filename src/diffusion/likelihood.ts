/**
 * Terms of the variational bound, in nats, element by element.
 *
 *     KL(N(μ₁, e^ℓ₁) ‖ N(μ₂, e^ℓ₂)) = ½ (ℓ₂ − ℓ₁ − 1 + e^{ℓ₁ − ℓ₂} + (μ₁ − μ₂)² e^{−ℓ₂})
 *
 * and the likelihood of 8-bit data scaled to [−1, 1] under a Gaussian integrated over each value's bin, x ± 1/255, open at both ends
 * (Ho et al. 2020, eq. 13), with the cumulative distribution approximated as in OpenAI's code by
 *
 *     Φ(z) ≈ ½ (1 + tanh(√(2/π) (z + 0.044715 z³)))      (Page 1977; error below 3e-4 or so)
 *
 * and, as there, rounded to single precision at every step: far from the mean the two distribution functions cancel, what is left is
 * rounding or the floor of 1e-12, and only the same rounding gives bounds that compare with published ones.
 */
import { check } from '../core/errors.ts';

type Numbers = ArrayLike<number>;

/** KL divergence of two Gaussians given by mean and logarithm of the variance; the second is the standard normal unless given. */
export function gaussianKl(mean1: Numbers, logVariance1: Numbers, mean2?: Numbers, logVariance2?: Numbers): Float64Array {
  for (const other of [logVariance1, mean2, logVariance2]) check(!other || other.length === mean1.length, 'gaussianKl', () => `all arguments need ${mean1.length} elements but one has ${other!.length}`);
  return Float64Array.from({ length: mean1.length }, (_, i) => {
    const l1 = logVariance1[i];
    const l2 = logVariance2?.[i] ?? 0;
    const difference = mean1[i] - (mean2?.[i] ?? 0);
    return 0.5 * (l2 - l1 - 1 + Math.exp(l1 - l2) + difference * difference * Math.exp(-l2));
  });
}

const f = Math.fround;
const ROOT = f(Math.sqrt(2 / Math.PI));
const CUBIC = f(0.044715);
const BIN = f(1 / 255);
const FLOOR = 1e-12;

/** The approximation of the standard normal distribution function given above. */
export const approximateNormalCdf = (z: number): number => f(0.5 * f(1 + f(Math.tanh(f(ROOT * f(z + f(CUBIC * f(z * z * z))))))));

/** Log-likelihood of each element of `x` (8-bit levels scaled to [−1, 1]) under N(mean, e^{2·logScale}); never below log 1e-12. */
export function discretizedGaussianLogLikelihood(x: Numbers, mean: Numbers, logScale: Numbers): Float64Array {
  check(mean.length === x.length && logScale.length === x.length, 'discretizedGaussianLogLikelihood', () => `mean and logScale need ${x.length} elements but have ${mean.length} and ${logScale.length}`);
  return Float64Array.from({ length: x.length }, (_, i) => {
    const inverse = f(Math.exp(-logScale[i]));
    const centred = f(x[i] - mean[i]);
    const upper = approximateNormalCdf(f(inverse * f(centred + BIN)));
    const lower = approximateNormalCdf(f(inverse * f(centred - BIN)));
    const probability = x[i] < -0.999 ? upper : x[i] > 0.999 ? 1 - lower : upper - lower;
    return Math.log(Math.max(probability, FLOOR));
  });
}

/** Mean over the elements of each of `count` samples, in bits: nats / ln 2. */
export function bitsPerDimension(nats: Numbers, count: number): Float64Array {
  const size = nats.length / count;
  check(Number.isInteger(size) && size > 0, 'bitsPerDimension', () => `${nats.length} elements do not divide into ${count} samples`);
  return Float64Array.from({ length: count }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += nats[n * size + i];
    return sum / size / Math.LN2;
  });
}
