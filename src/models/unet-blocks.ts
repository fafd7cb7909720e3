/** The blocks of the 2-D U-Net (Ho, Jain and Abbeel 2020; diffusers' `ResnetBlock2D`, `Downsample2D`, `Upsample2D`). */
import { add, averagePool2d, concat, mul, pad, reshape, slice, upsampleNearest } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import type { Activation } from '../nn/activation.ts';
import { conv, convParts } from '../nn/conv.ts';
import { linear } from '../nn/linear.ts';
import type { Scope } from '../nn/network.ts';
import { groupNorm } from '../nn/norm.ts';

export interface ResnetOptions {
  readonly out: number;
  readonly groups: number;
  readonly eps: number;
  readonly dropout: number;
  readonly activation: Activation;
  readonly timeScaleShift: 'default' | 'scale_shift';
  /** The sum of both branches is divided by this. */
  readonly outputScale?: number;
  /** Halves or doubles the picture between the first norm and convolution. */
  readonly resample?: 'down' | 'up';
}

/**
 * h = conv1(act(norm1(x))); the time embedding shifts h (or scales and shifts it after norm2); out = skip(x) + conv2(drop(act(norm2(h)))).
 * @param time act(time embedding), [batch, width]
 */
export function resnetBlock(scope: Scope, x: Value, time: Value, options: ResnetOptions): Value {
  const { out, groups, eps, activation, timeScaleShift, outputScale = 1 } = options;
  const resample = (v: Value): Value => (options.resample === 'down' ? averagePool2d(v, 2) : options.resample === 'up' ? upsampleNearest(v, 2) : v);
  const entered = resample(activation(groupNorm(scope.in('norm1'), x, { groups, eps })));
  const { y, bias } = convParts(scope.in('conv1'), entered, out);
  const shift = reshape(bias, [1, out]);
  let h: Value;
  if (timeScaleShift === 'default') {
    h = groupNorm(scope.in('norm2'), y, { groups, eps, shift: add(linear(scope.in('time_emb_proj'), time, out), shift) });
  } else {
    const both = linear(scope.in('time_emb_proj'), time, 2 * out);
    h = groupNorm(scope.in('norm2'), y, { groups, eps, shift, modulation: { scale: slice(both, 1, 0, out), offset: slice(both, 1, out, 2 * out) } });
  }
  const residual = conv(scope.in('conv2'), scope.dropout(activation(h), options.dropout), out);
  const source = resample(x);
  const skip = x.shape[1] === out ? source : conv(scope.in('conv_shortcut'), source, out, { kernel: 1 });
  const sum = add(residual, skip);
  return outputScale === 1 ? sum : mul(sum, 1 / outputScale);
}

/** Halves the picture by a strided convolution. Padding 0 pads below and to the right only, as DDPM's TensorFlow code did. */
export function downsample(scope: Scope, x: Value, padding: number): Value {
  const source = padding === 0 ? pad(x, [0, 0, 0, 0, 0, 0, 1, 1]) : x;
  return conv(scope.in('conv'), source, x.shape[1], { stride: 2, padding });
}

/** Doubles the picture by nearest neighbour and a convolution. */
export const upsample = (scope: Scope, x: Value): Value => conv(scope.in('conv'), upsampleNearest(x, 2), x.shape[1]);

export const joinSkip = (x: Value, skip: Value): Value => concat([x, skip], 1);
