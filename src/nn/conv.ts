/** 2-D convolution with a bias; x [batch, in, height, width] → [batch, out, …]. */
import { add, conv2d, reshape, type ConvOptions } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { fanInUniform, type Initializer } from './initializer.ts';
import type { Scope } from './network.ts';

export interface ConvLayerOptions extends ConvOptions {
  readonly kernel?: number;
  readonly init?: Initializer;
}

export function conv(scope: Scope, x: Value, out: number, options: ConvLayerOptions = {}): Value {
  const { y, bias } = convParts(scope, x, out, options);
  return add(y, reshape(bias, [1, out, 1, 1]));
}

/** The convolution and its bias apart, for a norm that takes the bias in. */
export function convParts(scope: Scope, x: Value, out: number, { kernel = 3, padding = (kernel - 1) / 2, stride = 1, init }: ConvLayerOptions = {}): { y: Value; bias: Value } {
  const channels = x.shape[1];
  const start = init ?? fanInUniform(channels * kernel * kernel);
  const weight = scope.parameter('weight', [out, channels, kernel, kernel], start);
  const bias = scope.parameter('bias', [out], start);
  return { y: conv2d(x, weight, { stride, padding }), bias };
}
