/**
 * An architecture with its configuration, ready to be traced: what training and sampling know of a network. The table {@link ARCHITECTURES}
 * turns the words of a configuration file into one.
 */
import { check, oneOf } from '../core/errors.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import { createGraph } from '../graph/graph.ts';
import type { Graph, Value } from '../graph/types.ts';
import { trace, type Tracing, type Weights } from '../nn/network.ts';
import { flatSize, type ParameterSpec } from '../nn/parameters.ts';
import { timeFeatures } from '../nn/time-features.ts';
import { mlp, mlpConfig, type MlpConfig } from './mlp.ts';
import { unet2d } from './unet.ts';
import { checkPictureSize, unet2dConfig, type UNet2DConfig } from './unet-config.ts';

export type NetworkConfig =
  | { readonly architecture: 'unet2d'; readonly options: UNet2DConfig }
  | { readonly architecture: 'mlp'; readonly options: MlpConfig };

export interface DenoisingNetwork {
  readonly config: NetworkConfig;
  /** One example, without the batch: [channels, height, width]. */
  readonly shape: Shape;
  readonly outChannels: number;
  /** Rows of the class table, the null class (the last) included; null: unconditional. */
  readonly classRows: number | null;
  /** Width of the time features. */
  readonly timeWidth: number;
  /** Features of the timesteps, [n, timeWidth]. */
  timeInput(timesteps: ArrayLike<number>): Float32Array;
  build(tracing: Tracing, inputs: NetworkInputs): Value;
}

export interface NetworkInputs {
  readonly x: Value;
  readonly time: Value;
  readonly classLabels?: Value;
}

/**
 * Makes the network of a configuration for examples of one shape.
 * @throws when the configuration is not valid, or its levels do not divide the picture
 */
export function denoisingNetwork(architecture: string, options: Readonly<Record<string, unknown>>, shape: Shape): DenoisingNetwork {
  return oneOf('architecture', ARCHITECTURES, architecture)(options, shape);
}

const ARCHITECTURES: Readonly<Record<string, (options: Readonly<Record<string, unknown>>, shape: Shape) => DenoisingNetwork>> = {
  unet2d(options, shape) {
    const config = unet2dConfig(options);
    check(shape.length === 3, 'unet2d', `works on [channels, height, width] but the examples have ${shape.length} axes`);
    check(shape[0] === config.inChannels, 'unet2d', `inChannels is ${config.inChannels} but the examples have ${shape[0]} channels`);
    check(config.timeEmbeddingType === 'positional', 'unet2d', 'a learned time embedding has no sinusoidal features; use "positional" for training');
    checkPictureSize(config, shape[1], shape[2]);
    const width = config.blockOutChannels[0];
    return {
      config: { architecture: 'unet2d', options: config }, shape, outChannels: config.outChannels, classRows: config.numClassEmbeds, timeWidth: width,
      timeInput: (timesteps) => timeFeatures(timesteps, { width, flipSinToCos: config.flipSinToCos, frequencyShift: config.freqShift }),
      build: ({ scope }, inputs) => unet2d(scope, config, inputs),
    };
  },
  mlp(options, shape) {
    const config = mlpConfig(options);
    return {
      config: { architecture: 'mlp', options: config }, shape, outChannels: shape[0], classRows: config.numClassEmbeds, timeWidth: config.timeWidth,
      timeInput: (timesteps) => timeFeatures(timesteps, { width: config.timeWidth, flipSinToCos: true, frequencyShift: 0 }),
      build: ({ scope }, inputs) => mlp(scope, config, inputs),
    };
  },
};

export interface TracedNetwork extends NetworkInputs {
  readonly graph: Graph;
  readonly tracing: Tracing;
  readonly output: Value;
}

/** Traces the network on graph inputs `x`, `time` and (where conditional) `classLabels`. */
export function traceNetwork(network: DenoisingNetwork, batch: number, weights: Weights, options?: { training?: boolean }): TracedNetwork {
  const graph = createGraph();
  const x = graph.input('x', [batch, ...network.shape]);
  const time = graph.input('time', [batch, network.timeWidth]);
  const classLabels = network.classRows === null ? undefined : graph.input('classLabels', [batch], 'int32');
  const tracing = trace(graph, weights, options);
  const output = network.build(tracing, { x, time, classLabels });
  return { graph, x, time, classLabels, tracing, output };
}

/** The network's parameters, without building anything to run. */
export function parametersOf(network: DenoisingNetwork): { parameters: readonly ParameterSpec[]; size: number } {
  const { tracing } = traceNetwork(network, 1, { kind: 'inputs' });
  return { parameters: tracing.parameters, size: flatSize(tracing.parameters) };
}

/** Floating-point numbers of one example. */
export const exampleSize = (network: DenoisingNetwork): number => sizeOf(network.shape);
