/**
 * Floating point operations of one evaluation of the U-Net, each multiply-add counted as two, every convolution as if it were
 * computed directly (so that a faster algorithm shows as a higher rate):
 *
 *     conv k×k: 2·N·H·W·O·I·k²     linear on N·H·W tokens: 2·N·H·W·O·I     attention over L pixels: 2 · 2·N·L²·C
 *
 * Norms, activations and additions are left out. A training step is counted as three evaluations: forward, gradient of the
 * inputs, gradient of the weights.
 */
import type { NetworkConfig } from './configs.ts';

/** Operations of one forward evaluation at the given batch size. */
export function forwardFlops(config: NetworkConfig, batch: number): number {
  const channels = config.block_out_channels;
  const depth = config.layers_per_block;
  const last = channels.length - 1;
  const timeWidth = 4 * channels[0];
  let [height, width] = config.image_size;
  let total = 2 * (channels[0] * timeWidth + timeWidth * timeWidth);

  const conv = (inputs: number, outputs: number, kernel: number): void => {
    total += 2 * height * width * inputs * outputs * kernel * kernel;
  };
  const resnet = (inputs: number, outputs: number): void => {
    conv(inputs, outputs, 3);
    conv(outputs, outputs, 3);
    if (inputs !== outputs) conv(inputs, outputs, 1);
    total += 2 * timeWidth * outputs;
  };
  const attention = (c: number): void => {
    for (let i = 0; i < 4; i++) conv(c, c, 1); // query, key, value, output
    total += 2 * 2 * (height * width) ** 2 * c; // scores, and their product with the values; the number of heads cancels
  };

  let current = channels[0];
  const skips = [current];
  conv(config.in_channels, current, 3);
  config.down_block_types.forEach((kind, level) => {
    for (let i = 0; i < depth; i++) {
      resnet(current, channels[level]);
      current = channels[level];
      if (kind === 'AttnDownBlock2D') attention(current);
      skips.push(current);
    }
    if (level < last) {
      height /= 2;
      width /= 2;
      conv(current, current, 3);
      skips.push(current);
    }
  });
  resnet(current, current);
  attention(current);
  resnet(current, current);
  config.up_block_types.forEach((kind, step) => {
    const outputs = channels[last - step];
    for (let i = 0; i <= depth; i++) {
      resnet(current + skips.pop()!, outputs);
      current = outputs;
      if (kind === 'AttnUpBlock2D') attention(current);
    }
    if (step < last) {
      height *= 2;
      width *= 2;
      conv(current, current, 3);
    }
  });
  conv(current, config.out_channels, 3);
  return batch * total;
}

/** Operations of a training step: forward, gradient of the inputs, gradient of the weights. */
export const trainFlops = (config: NetworkConfig, batch: number): number => 3 * forwardFlops(config, batch);
