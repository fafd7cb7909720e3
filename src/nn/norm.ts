/**
 * Group normalisation (Wu and He 2018): y = γ (x − μ)/√(σ² + ε) + β with μ, σ² over a group of channels and all pixels.
 *
 * Worked out on statistics of single channels: with channel means m_c, variances v_c and a constant s_c that is about to be added to each
 * channel (a convolution's bias, a time shift), μ = mean_c(m_c + s_c), σ² = mean_c(v_c + (m_c + s_c − μ)²). So s is never added to the
 * picture, and the whole norm is one multiplication and one addition, y = x·a_c + b_c.
 */
import { check } from '../core/errors.ts';
import { add, channelMean, channelVariance, div, mul, reduceMean, reduceSum, reshape, sqrt, square, sub } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { ones, zeros } from './initializer.ts';
import type { Scope } from './network.ts';

export interface GroupNormOptions {
  readonly groups: number;
  readonly eps?: number;
  /** Added to every pixel of a channel before the norm: [batch or 1, channels]. */
  readonly shift?: Value;
  /** After the norm, y·(1 + scale) + offset, each [batch, channels]: a conditional norm (FiLM). */
  readonly modulation?: { readonly scale: Value; readonly offset: Value };
}

/** x [batch, channels, height, width] → same shape. */
export function groupNorm(scope: Scope, x: Value, { groups, eps = 1e-5, shift, modulation }: GroupNormOptions): Value {
  const [n, c] = x.shape;
  check(c % groups === 0, 'groupNorm', () => `${groups} groups do not divide ${c} channels`);
  const gamma = scope.parameter('weight', [c], ones, { decay: false });
  const beta = scope.parameter('bias', [c], zeros, { decay: false });

  const mean = reshape(channelMean(x), [n, c]);
  const shifted = reshape(shift ? add(mean, shift) : mean, [n, groups, c / groups]);
  const mu = reduceMean(shifted, [2], true); // [n, groups, 1]
  const variance = reduceMean(add(reshape(channelVariance(x), [n, groups, c / groups]), square(sub(shifted, mu))), [2], true);
  const scale = div(reshape(gamma, [1, groups, c / groups]), sqrt(add(variance, eps))); // [n, groups, c/groups]
  const centre = shift ? sub(reshape(broadcastRows(shift, n), [n, groups, c / groups]), mu) : mul(mu, -1);
  let a = reshape(scale, [n, c]);
  let b = add(reshape(mul(scale, centre), [n, c]), beta);
  if (modulation) {
    const factor = add(modulation.scale, 1);
    a = mul(a, factor);
    b = add(mul(b, factor), modulation.offset);
  }
  return add(mul(x, reshape(a, [n, c, 1, 1])), reshape(b, [n, c, 1, 1]));
}

const broadcastRows = (v: Value, n: number): Value => (v.shape[0] === n ? v : add(v, v.graph.constant(new Float32Array(n), [n, 1], 'float32')));

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016). */
export function layerNorm(scope: Scope, x: Value, { eps = 1e-5, affine = true } = {}): Value {
  const features = x.shape.at(-1)!;
  const centred = sub(x, reduceMean(x, [-1], true));
  const variance = mul(reduceSum(square(centred), [-1], true), 1 / features);
  const y = div(centred, sqrt(add(variance, eps)));
  return affine ? add(mul(y, scope.parameter('weight', [features], ones, { decay: false })), scope.parameter('bias', [features], zeros, { decay: false })) : y;
}
