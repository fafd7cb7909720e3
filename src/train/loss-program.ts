/**
 * The gradient program of any loss that a graph computes: traced once for training (dropout on, gradients of all parameters appended) and once for
 * evaluation. On the host the flat vectors are cut into views, one for each parameter, which ONNX Runtime reads and writes in place.
 */
import { grad } from '../graph/grad.ts';
import { lower, type Target } from '../graph/lower/lower.ts';
import { estimateMemory, type MemoryEstimate } from '../graph/memory.ts';
import type { OnnxModel } from '../graph/onnx-model.ts';
import type { Value } from '../graph/types.ts';
import type { DropoutMask, Tracing } from '../nn/network.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import { resolveDevice } from '../runtime/device.ts';
import { compile, type CompileOptions, type Program } from '../runtime/program.ts';
import type { GradientProgram } from './executor.ts';

export interface LossProgramOptions extends CompileOptions {
  readonly lowering?: Target['mode'];
}

export interface TracedLoss {
  readonly tracing: Tracing;
  /** A scalar. */
  readonly loss: Value;
  /** Further float32 outputs, by name: what a step's result carries. */
  readonly outputs: Readonly<Record<string, Value>>;
}

export interface LossProgram extends GradientProgram {
  readonly parameters: readonly ParameterSpec[];
  readonly dropoutMasks: readonly DropoutMask[];
  /** Of one training step's program, parameters and gradients included. */
  readonly memory: MemoryEstimate;
}

const LOSS = 'loss';
const GRADIENT = 'gradient.';

/** Loss, further outputs and the gradients of all parameters, lowered. */
export function gradientModel({ tracing: { parameters, values }, loss, outputs }: TracedLoss, target: Target): OnnxModel {
  const gradients = Object.fromEntries(grad(loss, values).map((g, i) => [GRADIENT + parameters[i].name, g]));
  return lower({ [LOSS]: loss, ...outputs, ...gradients }, target, { flat: Object.keys(gradients) });
}

/**
 * Compiles a loss with respect to all parameters of one network.
 * @param traceLoss makes the graph anew, parameters as inputs of their names
 */
export async function lossProgram(traceLoss: (options: { training: boolean }) => TracedLoss, { lowering = 'fast', ...options }: LossProgramOptions = {}): Promise<LossProgram> {
  const device = await resolveDevice(options.device);
  const target: Target = { device, mode: lowering };
  const traced = traceLoss({ training: true });
  const { tracing: { parameters, dropoutMasks }, outputs } = traced;
  const training = gradientModel(traced, target);
  const gradientProgram = await compile(training, { ...options, device });
  let evaluationProgram: Program | undefined;

  const cut = (prefix: string): ((flat: Float32Array) => Record<string, Float32Array>) => {
    const known = new WeakMap<Float32Array, Record<string, Float32Array>>();
    return (flat) => {
      let views = known.get(flat);
      if (!views) known.set(flat, (views = Object.fromEntries(parameters.map(({ name, offset, size }) => [prefix + name, flat.subarray(offset, offset + size)]))));
      return views;
    };
  };
  const weightViews = cut('');
  const gradientViews = cut(GRADIENT);

  return {
    parameters,
    dropoutMasks,
    memory: estimateMemory(training),
    async gradient({ trainable }, feeds, gradient) {
      const results = await gradientProgram.run({ ...feeds, ...weightViews(trainable) }, gradientViews(gradient));
      const others = Object.entries(outputs).map(([name, { shape }]) => [name, { dtype: 'float32' as const, shape, data: results[name] as Float32Array }]);
      return { loss: (results[LOSS] as Float32Array)[0], outputs: Object.fromEntries(others) };
    },
    async loss({ trainable }, feeds) {
      if (!evaluationProgram) evaluationProgram = await compile(lower({ [LOSS]: traceLoss({ training: false }).loss }, target), { ...options, device });
      const results = await evaluationProgram.run({ ...feeds, ...weightViews(trainable) });
      return (results[LOSS] as Float32Array)[0];
    },
    async dispose() {
      await gradientProgram.dispose();
      await evaluationProgram?.dispose();
    },
  };
}
