/** The benchmark's network on our side: diffusers' option names in camel case. */
import { denoisingNetwork, parametersOf, type DenoisingNetwork } from '../src/models/denoising-network.ts';
import { initialize } from '../src/nn/initializer.ts';
import type { NetworkConfig } from './configs.ts';

export function benchNetwork(config: NetworkConfig): DenoisingNetwork {
  const { image_size, ...options } = config;
  const camel = Object.fromEntries(Object.entries(options).map(([key, value]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]));
  return denoisingNetwork('unet2d', { ...camel, sampleSize: image_size }, [config.in_channels, ...image_size]);
}

/** Its parameters, drawn at random: [the flat vector, its description]. */
export function benchWeights(network: DenoisingNetwork) {
  const { parameters, size } = parametersOf(network);
  return { parameters, weights: initialize(parameters, size, 0) };
}
