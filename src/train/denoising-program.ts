/** The gradient program of a denoising network: (x, time, class labels, target, weight) and the parameters in, loss and gradients out. */
import { lower, type Target } from '../graph/lower/lower.ts';
import type { OnnxModel } from '../graph/onnx-model.ts';
import { traceNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import type { DropoutMask } from '../nn/network.ts';
import { resolveDevice } from '../runtime/device.ts';
import { chunkSize, inChunks } from './chunks.ts';
import { gradientModel, lossProgram, type LossProgram, type LossProgramOptions, type TracedLoss } from './loss-program.ts';
import { weightedMse } from './losses/weighted-mse.ts';

export interface DenoisingProgramOptions extends LossProgramOptions {
  /** Examples that run at a time, a divisor of the batch; by default, on the CPU, as many as its cache holds. Changes rounding, nothing else. */
  readonly chunk?: number;
}
export interface DenoisingProgram extends LossProgram {
  /** Examples that run at a time. */
  readonly chunk: number;
}

/** The graph of the loss on a batch. */
export function traceDenoisingLoss(network: DenoisingNetwork, batch: number, options: { training: boolean }): TracedLoss {
  const traced = traceNetwork(network, batch, { kind: 'inputs' }, options);
  const { loss, perExample } = weightedMse(traced.output, traced.graph.input('target', traced.output.shape), traced.graph.input('weight', [batch]));
  return { tracing: traced.tracing, loss, outputs: { perExample } };
}

/** The model of one training step's gradient on a whole batch: what it takes, and what it would need in memory. */
export function denoisingModels(network: DenoisingNetwork, batch: number, target: Target): { training: OnnxModel; dropoutMasks: readonly DropoutMask[] } {
  const traced = traceDenoisingLoss(network, batch, { training: true });
  return { training: gradientModel(traced, target), dropoutMasks: traced.tracing.dropoutMasks };
}

/** Compiles the training and the evaluation program of `network` for batches of `batch`. */
export async function denoisingProgram(network: DenoisingNetwork, batch: number, { chunk, ...options }: DenoisingProgramOptions = {}): Promise<DenoisingProgram> {
  const device = await resolveDevice(options.device);
  const target: Target = { device, mode: options.lowering ?? 'fast' };
  const forward = (examples: number): OnnxModel => lower({ loss: traceDenoisingLoss(network, examples, { training: false }).loss }, target);
  const size = chunk ?? (device === 'cpu' ? chunkSize(batch, forward) : batch);
  const program = await lossProgram((tracing) => traceDenoisingLoss(network, size, tracing), { ...options, device });
  return { ...program, ...inChunks(program, batch / size, 'weight'), chunk: size };
}
