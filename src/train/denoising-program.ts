/**
 * The gradient program of a denoising network: (x, time, class labels, target, weight) and the parameters in, loss and gradients out. On
 * the host the flat vectors are cut into views, one for each parameter, which ONNX Runtime reads and writes in place.
 */
import { intTensor, type TensorData } from '../core/tensor.ts';
import { grad } from '../graph/grad.ts';
import { lower, type Target } from '../graph/lower/lower.ts';
import { estimateMemory, type MemoryEstimate } from '../graph/memory.ts';
import { compile, type CompileOptions, type Program } from '../runtime/program.ts';
import { resolveDevice } from '../runtime/device.ts';
import { traceNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import type { DropoutMask } from '../nn/network.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import type { OnnxModel } from '../graph/onnx-model.ts';
import type { GradientProgram } from './executor.ts';
import { weightedMse } from './losses/weighted-mse.ts';

export interface DenoisingProgramOptions extends CompileOptions {
  readonly lowering?: Target['mode'];
}

const GRADIENT = 'gradient.';

/** The graphs behind a gradient program, lowered: with dropout and gradients for training, without for evaluation. */
export function denoisingModels(network: DenoisingNetwork, batch: number, target: Target): { training: OnnxModel; evaluation: OnnxModel; parameters: readonly ParameterSpec[]; dropoutMasks: readonly DropoutMask[] } {
  const model = (training: boolean) => {
    const traced = traceNetwork(network, batch, { kind: 'inputs' }, { training });
    const { loss, perExample } = weightedMse(traced.output, traced.graph.input('target', traced.output.shape), traced.graph.input('weight', [batch]));
    const { parameters, values, dropoutMasks } = traced.tracing;
    const gradients = training ? grad(loss, values).map((g, i) => [GRADIENT + parameters[i].name, g] as const) : [];
    return { lowered: lower({ loss, perExample, ...Object.fromEntries(gradients) }, target), parameters, dropoutMasks };
  };
  const training = model(true);
  return { training: training.lowered, evaluation: model(false).lowered, parameters: training.parameters, dropoutMasks: training.dropoutMasks };
}

export interface DenoisingProgram extends GradientProgram {
  readonly parameters: readonly ParameterSpec[];
  readonly dropoutMasks: readonly DropoutMask[];
  /** Of one training step's program, parameters and gradients included. */
  readonly memory: MemoryEstimate;
}

/** Compiles the training and the evaluation program of `network` for batches of `batch`. */
export async function denoisingProgram(network: DenoisingNetwork, batch: number, { lowering = 'fast', ...options }: DenoisingProgramOptions = {}): Promise<DenoisingProgram> {
  const device = await resolveDevice(options.device);
  const { training, evaluation, parameters, dropoutMasks } = denoisingModels(network, batch, { device, mode: lowering });
  const memory = estimateMemory(training);
  const gradientProgram = await compile(training, { ...options, device });
  let lossProgram: Program | undefined;
  const views = (flat: Float32Array, prefix = ''): Record<string, Float32Array> =>
    Object.fromEntries(parameters.map(({ name, offset, size }) => [prefix + name, flat.subarray(offset, offset + size)]));
  const cut = memoize(views);
  const cutGradient = memoize((flat) => views(flat, GRADIENT));

  return {
    parameters,
    dropoutMasks,
    memory,
    async gradient({ trainable }, feeds, gradient) {
      const results = await gradientProgram.run({ ...feeds, ...cut(trainable) }, cutGradient(gradient));
      const perExample = results.perExample as Float32Array;
      return { loss: (results.loss as Float32Array)[0], outputs: { perExample: { dtype: 'float32', shape: [batch], data: perExample } } };
    },
    async loss({ trainable }, feeds) {
      lossProgram ??= await compile(evaluation, { ...options, device });
      const results = await lossProgram.run({ ...feeds, ...cut(trainable) });
      return (results.loss as Float32Array)[0];
    },
    async dispose() {
      await gradientProgram.dispose();
      await lossProgram?.dispose();
    },
  };
}

function memoize<T>(make: (flat: Float32Array) => T): (flat: Float32Array) => T {
  const known = new WeakMap<Float32Array, T>();
  return (flat) => {
    let value = known.get(flat);
    if (!value) known.set(flat, (value = make(flat)));
    return value;
  };
}

/** int32 class rows for a feed. */
export const classFeed = (labels: ArrayLike<number>): TensorData => intTensor([labels.length], Int32Array.from(labels)).data;
