/** Configuration of the 2-D U-Net: the options of diffusers' `UNet2DModel` in camel case, with its defaults, and one of ours (`patchSize`). */
import { check, oneOf } from '../core/errors.ts';
import { ACTIVATIONS } from '../nn/activation.ts';

export type DownBlockType = 'DownBlock2D' | 'AttnDownBlock2D' | 'ResnetDownsampleBlock2D';
export type UpBlockType = 'UpBlock2D' | 'AttnUpBlock2D' | 'ResnetUpsampleBlock2D';

export interface UNet2DConfig {
  /** Height and width the network was made for; other sizes that its levels divide work too. */
  readonly sampleSize: number | readonly [number, number] | null;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Maps inputs from [0, 1] to [−1, 1] first. */
  readonly centerInputSample: boolean;
  readonly timeEmbeddingType: 'positional' | 'learned';
  readonly timeEmbeddingDim: number | null;
  readonly freqShift: number;
  readonly flipSinToCos: boolean;
  /** Pixels of one side of the blocks that become channels before the network and pixels again after it. 1 as in diffusers; 2 halves the resolution inside. */
  readonly patchSize: number;
  readonly downBlockTypes: readonly DownBlockType[];
  readonly upBlockTypes: readonly UpBlockType[];
  readonly midBlockType: 'UNetMidBlock2D' | null;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly midBlockScaleFactor: number;
  readonly downsamplePadding: number;
  readonly downsampleType: 'conv' | 'resnet';
  readonly upsampleType: 'conv' | 'resnet';
  readonly dropout: number;
  readonly actFn: string;
  /** Channels of one attention head; null: one head as wide as the block. */
  readonly attentionHeadDim: number | null;
  readonly normNumGroups: number;
  readonly attnNormNumGroups: number | null;
  readonly normEps: number;
  readonly resnetTimeScaleShift: 'default' | 'scale_shift';
  readonly classEmbedType: 'timestep' | 'identity' | null;
  readonly numClassEmbeds: number | null;
  readonly numTrainTimesteps: number | null;
  readonly addAttention: boolean;
}

export const UNET_2D_DEFAULTS: UNet2DConfig = {
  sampleSize: null,
  inChannels: 3,
  outChannels: 3,
  centerInputSample: false,
  timeEmbeddingType: 'positional',
  timeEmbeddingDim: null,
  freqShift: 0,
  flipSinToCos: true,
  patchSize: 1,
  downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D', 'AttnDownBlock2D'],
  upBlockTypes: ['AttnUpBlock2D', 'AttnUpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
  midBlockType: 'UNetMidBlock2D',
  blockOutChannels: [224, 448, 672, 896],
  layersPerBlock: 2,
  midBlockScaleFactor: 1,
  downsamplePadding: 1,
  downsampleType: 'conv',
  upsampleType: 'conv',
  dropout: 0,
  actFn: 'silu',
  attentionHeadDim: 8,
  normNumGroups: 32,
  attnNormNumGroups: null,
  normEps: 1e-5,
  resnetTimeScaleShift: 'default',
  classEmbedType: null,
  numClassEmbeds: null,
  numTrainTimesteps: null,
  addAttention: true,
};

const DOWN: Readonly<Record<DownBlockType, true>> = { DownBlock2D: true, AttnDownBlock2D: true, ResnetDownsampleBlock2D: true };
const UP: Readonly<Record<UpBlockType, true>> = { UpBlock2D: true, AttnUpBlock2D: true, ResnetUpsampleBlock2D: true };

/** Fills in defaults and checks everything that does not depend on the picture size. */
export function unet2dConfig(options: Partial<UNet2DConfig> = {}): UNet2DConfig {
  for (const key of Object.keys(options)) oneOf('U-Net option', UNET_2D_DEFAULTS as unknown as Record<string, unknown>, key);
  const config = { ...UNET_2D_DEFAULTS, ...options };
  const levels = config.blockOutChannels.length;
  const where = 'unet2d';
  check(levels > 0 && config.downBlockTypes.length === levels && config.upBlockTypes.length === levels, where,
    `blockOutChannels, downBlockTypes and upBlockTypes need one entry a level but have ${levels}, ${config.downBlockTypes.length} and ${config.upBlockTypes.length}`);
  config.downBlockTypes.forEach((type) => oneOf('down block', DOWN, type));
  config.upBlockTypes.forEach((type) => oneOf('up block', UP, type));
  oneOf('activation', ACTIVATIONS, config.actFn);
  oneOf('time embedding type', { positional: 1, learned: 1 }, config.timeEmbeddingType);
  oneOf('time scale shift', { default: 1, scale_shift: 1 }, config.resnetTimeScaleShift);
  for (const channels of config.blockOutChannels) {
    check(channels % config.normNumGroups === 0, where, `normNumGroups ${config.normNumGroups} does not divide ${channels} channels`);
  }
  check(config.timeEmbeddingType !== 'learned' || config.numTrainTimesteps !== null, where, 'timeEmbeddingType "learned" needs numTrainTimesteps');
  check(Number.isInteger(config.patchSize) && config.patchSize >= 1, where, `patchSize must be a positive integer but is ${config.patchSize}`);
  check(config.dropout >= 0 && config.dropout < 1, where, `dropout must be in [0, 1) but is ${config.dropout}`);
  return config;
}

/** What height and width must be multiples of: every level but the last halves them. */
export const sizeMultiple = (config: UNet2DConfig): number => config.patchSize * 2 ** (config.blockOutChannels.length - 1);

/** Throws, before anything is built, unless the network's levels divide the picture. */
export function checkPictureSize(config: UNet2DConfig, height: number, width: number): void {
  const multiple = sizeMultiple(config);
  for (const [side, size] of [['height', height], ['width', width]] as const) {
    const near = [Math.floor(size / multiple), Math.ceil(size / multiple)].filter((k) => k > 0).map((k) => k * multiple);
    check(size % multiple === 0, 'unet2d', `${side} ${size} must be a multiple of ${multiple} (patchSize ${config.patchSize} × 2 for each of ${config.blockOutChannels.length - 1} downsamplings); nearest: ${[...new Set(near)].join(' or ')}`);
  }
}
