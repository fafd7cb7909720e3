/**
 * Self-attention over the pixels of a picture (Vaswani et al. 2017; diffusers' `Attention`): softmax(Q Kᵀ/√d) V in heads of d channels.
 * Kept as [batch, channels, pixels] throughout, so that no tensor is transposed: a head is a run of channels.
 */
import { check } from '../core/errors.ts';
import { add, conv2d, matmul, mul, reshape, softmax } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { fanInUniform } from './initializer.ts';
import type { Scope } from './network.ts';
import { groupNorm } from './norm.ts';

export interface AttentionOptions {
  /** Channels of one head. */
  readonly headDim: number;
  /** Groups of the norm before; null: no norm. */
  readonly normGroups: number | null;
  readonly eps: number;
  /** The sum with the input is divided by this. */
  readonly outputScale?: number;
}

/** A linear layer on the channels of every pixel: a 1×1 convolution whose weight is stored as a matrix. */
function pixelLinear(scope: Scope, x: Value, out: number): Value {
  const channels = x.shape[1];
  const init = fanInUniform(channels);
  const weight = reshape(scope.parameter('weight', [out, channels], init), [out, channels, 1, 1]);
  return add(conv2d(x, weight), reshape(scope.parameter('bias', [out], init), [1, out, 1, 1]));
}

/** x [batch, channels, height, width] → same shape, the input added. */
export function spatialSelfAttention(scope: Scope, x: Value, { headDim, normGroups, eps, outputScale = 1 }: AttentionOptions): Value {
  const [n, c, h, w] = x.shape;
  const heads = Math.max(1, Math.floor(c / headDim));
  check(c % heads === 0, 'spatialSelfAttention', () => `${heads} heads do not divide ${c} channels`);
  const y = normGroups === null ? x : groupNorm(scope.in('group_norm'), x, { groups: normGroups, eps });
  const headsOf = (name: string): Value => reshape(pixelLinear(scope.in(name), y, c), [n * heads, c / heads, h * w]);
  const [q, k, v] = [headsOf('to_q'), headsOf('to_k'), headsOf('to_v')];
  const weights = softmax(matmul(q, k, { transA: true, alpha: 1 / Math.sqrt(c / heads) })); // [n·heads, queries, keys]
  const mixed = reshape(matmul(v, weights, { transB: true }), [n, c, h, w]);
  const out = add(pixelLinear(scope.in('to_out').in(0), mixed, c), x);
  return outputScale === 1 ? out : mul(out, 1 / outputScale);
}
