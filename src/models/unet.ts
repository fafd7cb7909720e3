/**
 * The U-Net that predicts noise: ε_θ(x, t, c). Architecture, options and state-dict keys of diffusers' `UNet2DModel`, so weights move both
 * ways without conversion. Levels halve the picture on the way down and double it on the way up; every block's output on the way down is
 * concatenated to the input of its mirror image on the way up.
 */
import { check } from '../core/errors.ts';
import { add, depthToSpace, mul, spaceToDepth, sub } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { ACTIVATIONS } from '../nn/activation.ts';
import { spatialSelfAttention } from '../nn/attention.ts';
import { conv } from '../nn/conv.ts';
import { embedding, timeEmbedding } from '../nn/embedding.ts';
import type { Scope } from '../nn/network.ts';
import { groupNorm } from '../nn/norm.ts';
import { downsample, joinSkip, resnetBlock, upsample, type ResnetOptions } from './unet-blocks.ts';
import { checkPictureSize, type UNet2DConfig } from './unet-config.ts';

export interface UNet2DInputs {
  /** [batch, inChannels, height, width] */
  readonly x: Value;
  /** Sinusoidal features of the timesteps, [batch, blockOutChannels[0]] (`timeFeatures`); for a learned embedding the timesteps, int32 [batch]. */
  readonly time: Value;
  /** int32 [batch] where numClassEmbeds is set; features [batch, blockOutChannels[0]] for 'timestep'; [batch, width] for 'identity'. */
  readonly classLabels?: Value;
}

/** → [batch, outChannels, height, width] */
export function unet2d(scope: Scope, config: UNet2DConfig, { x, time, classLabels }: UNet2DInputs): Value {
  checkPictureSize(config, x.shape[2], x.shape[3]);
  const { blockOutChannels: channels, normNumGroups: groups, normEps: eps, layersPerBlock } = config;
  const levels = channels.length;
  const activation = ACTIVATIONS[config.actFn];
  const timed = activation(embedTime(scope, config, time, classLabels));

  const resnet = (inner: Scope, h: Value, out: number, more: Partial<ResnetOptions> = {}): Value =>
    resnetBlock(inner, h, timed, { out, groups, eps, dropout: config.dropout, activation, timeScaleShift: config.resnetTimeScaleShift, ...more });
  const attend = (inner: Scope, h: Value, normGroups: number | null, outputScale = 1): Value =>
    spatialSelfAttention(inner, h, { headDim: config.attentionHeadDim ?? h.shape[1], normGroups, eps, outputScale });

  const centred = config.centerInputSample ? sub(mul(x, 2), 1) : x;
  let h = conv(scope.in('conv_in'), config.patchSize === 1 ? centred : spaceToDepth(centred, config.patchSize), channels[0]);
  const skips = [h];

  config.downBlockTypes.forEach((type, level) => {
    const block = scope.in('down_blocks').in(level);
    for (let layer = 0; layer < layersPerBlock; layer++) {
      h = resnet(block.in('resnets').in(layer), h, channels[level]);
      if (type === 'AttnDownBlock2D') h = attend(block.in('attentions').in(layer), h, groups);
      skips.push(h);
    }
    if (level === levels - 1) return;
    const inner = block.in('downsamplers').in(0);
    const byResnet = type === 'ResnetDownsampleBlock2D' || (type === 'AttnDownBlock2D' && config.downsampleType === 'resnet');
    h = byResnet ? resnet(inner, h, channels[level], { resample: 'down' }) : downsample(inner, h, config.downsamplePadding);
    skips.push(h);
  });

  if (config.midBlockType !== null) {
    const block = scope.in('mid_block');
    const outputScale = config.midBlockScaleFactor;
    const normGroups = config.attnNormNumGroups ?? (config.resnetTimeScaleShift === 'default' ? groups : null);
    h = resnet(block.in('resnets').in(0), h, channels[levels - 1], { outputScale });
    if (config.addAttention) h = attend(block.in('attentions').in(0), h, normGroups, outputScale);
    h = resnet(block.in('resnets').in(1), h, channels[levels - 1], { outputScale });
  }

  config.upBlockTypes.forEach((type, k) => {
    const level = levels - 1 - k;
    const block = scope.in('up_blocks').in(k);
    for (let layer = 0; layer <= layersPerBlock; layer++) {
      h = resnet(block.in('resnets').in(layer), joinSkip(h, skips.pop()!), channels[level]);
      if (type === 'AttnUpBlock2D') h = attend(block.in('attentions').in(layer), h, groups);
    }
    if (level === 0) return;
    const inner = block.in('upsamplers').in(0);
    const byResnet = type === 'ResnetUpsampleBlock2D' || (type === 'AttnUpBlock2D' && config.upsampleType === 'resnet');
    h = byResnet ? resnet(inner, h, channels[level], { resample: 'up' }) : upsample(inner, h);
  });

  const normed = activation(groupNorm(scope.in('conv_norm_out'), h, { groups, eps }));
  const patch = config.patchSize;
  const out = conv(scope.in('conv_out'), normed, config.outChannels * patch * patch);
  return patch === 1 ? out : depthToSpace(out, patch);
}

function embedTime(scope: Scope, config: UNet2DConfig, time: Value, classLabels: Value | undefined): Value {
  const base = config.blockOutChannels[0];
  const width = config.timeEmbeddingDim ?? 4 * base;
  const activation = ACTIVATIONS.silu;
  const features = config.timeEmbeddingType === 'learned' ? embedding(scope.in('time_proj'), time, config.numTrainTimesteps!, base) : time;
  const embedded = timeEmbedding(scope.in('time_embedding'), features, width, activation);
  const conditional = config.numClassEmbeds !== null || config.classEmbedType !== null;
  check(conditional === (classLabels !== undefined), 'unet2d', conditional ? 'this network is class-conditional: give classLabels' : 'this network takes no class labels');
  if (!classLabels) return embedded;
  const inner = scope.in('class_embedding');
  if (config.classEmbedType === 'timestep') return add(embedded, timeEmbedding(inner, classLabels, width, activation));
  if (config.classEmbedType === 'identity') return add(embedded, classLabels);
  return add(embedded, embedding(inner, classLabels, config.numClassEmbeds!, width));
}
