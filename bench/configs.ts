/** The networks that the benchmarks run, in the names of diffusers' `UNet2DModel` configuration; both sides read the same object. */

/** The part of `UNet2DModel`'s configuration that varies here; everything else is diffusers' default. */
export interface NetworkConfig {
  /** [height, width] in pixels; diffusers calls it `sample_size`. */
  readonly image_size: readonly [number, number];
  readonly in_channels: number;
  readonly out_channels: number;
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly down_block_types: readonly ('DownBlock2D' | 'AttnDownBlock2D')[];
  readonly up_block_types: readonly ('UpBlock2D' | 'AttnUpBlock2D')[];
  readonly norm_num_groups: number;
  /** Channels of one attention head; null is a single head. */
  readonly attention_head_dim: number | null;
}

export interface BenchConfig {
  readonly network: NetworkConfig;
  readonly trainBatch: number;
  readonly sampleBatches: readonly number[];
}

interface Choice {
  readonly size: number;
  readonly imageChannels: number;
  readonly channels: number;
  readonly multipliers: readonly number[];
  /** Image sizes at which attention follows each residual block. The middle always has it. */
  readonly attentionAt: readonly number[];
  readonly headChannels?: number;
}

function network({ size, imageChannels, channels, multipliers, attentionAt, headChannels }: Choice): NetworkConfig {
  const attends = multipliers.map((_, level) => attentionAt.includes(size >> level));
  return {
    image_size: [size, size],
    in_channels: imageChannels,
    out_channels: imageChannels,
    block_out_channels: multipliers.map((m) => m * channels),
    layers_per_block: 2,
    down_block_types: attends.map((yes) => (yes ? 'AttnDownBlock2D' : 'DownBlock2D')),
    up_block_types: attends.toReversed().map((yes) => (yes ? 'AttnUpBlock2D' : 'UpBlock2D')),
    norm_num_groups: 8,
    attention_head_dim: headChannels ?? null,
  };
}

export const CONFIGS: Readonly<Record<string, BenchConfig>> = {
  default: {
    network: network({ size: 32, imageChannels: 3, channels: 64, multipliers: [1, 2, 2], attentionAt: [16] }),
    trainBatch: 32,
    sampleBatches: [16, 64],
  },
  small: {
    network: network({ size: 28, imageChannels: 1, channels: 32, multipliers: [1, 2, 2], attentionAt: [7] }),
    trainBatch: 64,
    sampleBatches: [16, 64],
  },
  '64px': {
    network: network({ size: 64, imageChannels: 3, channels: 64, multipliers: [1, 2, 3, 4], attentionAt: [16, 8] }),
    trainBatch: 8,
    sampleBatches: [4, 16],
  },
  attention: {
    network: network({ size: 32, imageChannels: 3, channels: 96, multipliers: [1, 2, 2], attentionAt: [16, 8], headChannels: 48 }),
    trainBatch: 16,
    sampleBatches: [16, 64],
  },
};
