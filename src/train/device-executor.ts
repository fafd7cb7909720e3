/**
 * Training steps whose state stays on the device (WebGPU): one program makes the gradients, one sums those of further micro-batches, one
 * updates. Only the loss and the squared norm of the gradient come back, so that the host decides, as `hostExecutor` does, whether and how far
 * to step; a step that is not finite is not applied.
 */
import { check } from '../core/errors.ts';
import type { AnyTensor } from '../core/tensor.ts';
import { grad } from '../graph/grad.ts';
import { lower } from '../graph/lower/lower.ts';
import { reshape } from '../graph/ops/index.ts';
import { traceNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import { resolveDevice } from '../runtime/device.ts';
import { isDeviceTensor, readBack, type DeviceTensor } from '../runtime/device-tensor.ts';
import { compile, type Program } from '../runtime/program.ts';
import type { DenoisingProgramOptions } from './denoising-program.ts';
import { accumulateModel, GRADIENT, NEXT, squaredNorm, STATE_PREFIXES, updateFeeds, updateModel } from './device-update.ts';
import { emaDecay, emaSettings } from './ema.ts';
import type { Feeds, HostExecutorOptions, StepExecutor, StepResult } from './executor.ts';
import { weightedMse } from './losses/weighted-mse.ts';
import { adamScalars, adamSettings, clipCoefficient } from './optimizer.ts';
import { copyState, type NetworkState } from './state.ts';

type Held = Record<string, Float32Array | DeviceTensor>;
type Part = keyof typeof STATE_PREFIXES;

/** Weights enter the gradient program as vectors under their optimizer names, so that the update's outputs feed it as they are. */
function gradientModel(network: DenoisingNetwork, batch: number, training: boolean, target: { device: 'webgpu' | 'cpu' | 'wasm' | 'cuda'; mode: 'fast' | 'exact' }) {
  const traced = traceNetwork(network, batch, { kind: 'inputs', inputOf: (graph, { name, size, shape }) => reshape(graph.input(STATE_PREFIXES.weights + name, [size]), shape) }, { training });
  const { loss, perExample } = weightedMse(traced.output, traced.graph.input('target', traced.output.shape), traced.graph.input('weight', [batch]));
  const { parameters, values } = traced.tracing;
  if (!training) return { model: lower({ loss, perExample }, target), parameters };
  const gradients = grad(loss, values).map((g, i) => reshape(g, [parameters[i].size]));
  const named = Object.fromEntries(gradients.map((g, i) => [GRADIENT + parameters[i].name, g]));
  return { model: lower({ loss, perExample, squaredNorm: squaredNorm(gradients), ...named }, target), parameters };
}

/** Steps on the device. `state` is uploaded by the first step; {@link StepExecutor.snapshot} reads it back. */
export async function deviceExecutor(network: DenoisingNetwork, batch: number, state: NetworkState, options: HostExecutorOptions & DenoisingProgramOptions = {}): Promise<StepExecutor> {
  const { name = 'model', lowering = 'fast' } = options;
  const device = await resolveDevice(options.device);
  const target = { device, mode: lowering } as const;
  const optimizer = adamSettings(options.optimizer);
  const ema = emaSettings(options.ema);
  check(state.frozen.length === 0, 'deviceExecutor', 'frozen parameters stay on the host; use the host executor');
  const parts = (['weights', 'm', 'v', 'ema'] as const).filter((part) => state[part] !== undefined);

  const training = gradientModel(network, batch, true, target);
  const { parameters } = training;
  const gradientNames = parameters.map((p) => GRADIENT + p.name);
  const gradientProgram = await compile(training.model, { ...options, device, keepOnDevice: gradientNames });
  const next = parts.flatMap((part) => parameters.map((p) => NEXT + STATE_PREFIXES[part] + p.name));
  const updateProgram = await compile(updateModel(parameters, optimizer, state.ema !== undefined, target), { ...options, device, keepOnDevice: next });
  let accumulateProgram: Program | undefined;
  let lossProgram: Program | undefined;

  let current = state;
  let held: Held = {};
  const disposeAll = (tensors: Held): void => { for (const tensor of Object.values(tensors)) if (isDeviceTensor(tensor)) tensor.dispose(); };
  const upload = (): void => {
    disposeAll(held);
    held = Object.fromEntries(parts.flatMap((part) => parameters.map((p) => [STATE_PREFIXES[part] + p.name, current[part]!.subarray(p.offset, p.offset + p.size)])));
  };
  upload();
  const pick = (part: Part, as: Part = part): Held => Object.fromEntries(parameters.map((p) => [STATE_PREFIXES[as] + p.name, held[STATE_PREFIXES[part] + p.name]]));

  async function accumulate(sum: Held, addend: Held): Promise<{ sum: Held; squared: number }> {
    accumulateProgram ??= await compile(accumulateModel(parameters, target), { ...options, device, keepOnDevice: gradientNames });
    const feeds = Object.fromEntries(parameters.flatMap((p) => [[`a.${p.name}`, sum[GRADIENT + p.name]], [`b.${p.name}`, addend[GRADIENT + p.name]]]));
    const { squaredNorm: squared, ...total } = await accumulateProgram.run(feeds);
    disposeAll(sum);
    disposeAll(addend);
    return { sum: total as Held, squared: (squared as Float32Array)[0] };
  }

  return {
    async step(microbatches, { learningRate }): Promise<StepResult> {
      check(microbatches.length > 0, 'step', 'at least one micro-batch is needed');
      const outputs: Record<string, AnyTensor>[] = [];
      let gradients: Held | undefined;
      let squared = 0;
      let total = 0;
      for (const [index, feeds] of microbatches.entries()) {
        const { loss, perExample, squaredNorm: own, ...fresh } = await gradientProgram.run({ ...feeds, ...pick('weights') });
        outputs.push({ perExample: { dtype: 'float32', shape: [batch], data: perExample as Float32Array } });
        const value = (loss as Float32Array)[0];
        total += value;
        if (gradients) ({ sum: gradients, squared } = await accumulate(gradients, fresh as Held));
        else [gradients, squared] = [fresh as Held, (own as Float32Array)[0]];
        if (!Number.isFinite(value)) {
          disposeAll(gradients);
          return { loss: value, gradNorm: NaN, applied: false, outputs, reason: `the loss of micro-batch ${index + 1} of ${microbatches.length} is ${value}` };
        }
      }
      const share = 1 / microbatches.length;
      const gradNorm = Math.sqrt(squared) * share;
      if (!Number.isFinite(gradNorm)) {
        disposeAll(gradients!);
        return { loss: total * share, gradNorm, applied: false, outputs, reason: `the gradient norm is ${gradNorm}` };
      }
      const scalars = adamScalars(optimizer, learningRate, current.updates + 1);
      const numbers = updateFeeds(scalars, share * clipCoefficient(gradNorm, optimizer.maxGradNorm), emaDecay(ema, current.updates));
      // Which of the numbers the graph takes depends on the kind of weight decay.
      const taken = Object.fromEntries(updateProgram.inputs.filter(({ name: input }) => Object.hasOwn(numbers, input)).map(({ name: input }) => [input, numbers[input]]));
      const results = await updateProgram.run({ ...held, ...gradients, ...taken });
      disposeAll(gradients!);
      disposeAll(held);
      held = Object.fromEntries(Object.entries(results).map(([key, tensor]) => [key.slice(NEXT.length), tensor as DeviceTensor]));
      current = { ...current, updates: current.updates + 1 };
      return { loss: total * share, gradNorm, applied: true, outputs };
    },

    async validationLoss(feeds: Feeds, weights) {
      check(weights === 'trained' || current.ema, 'validationLoss', 'this run keeps no EMA; use the trained weights');
      lossProgram ??= await compile(gradientModel(network, batch, false, target).model, { ...options, device });
      const { loss } = await lossProgram.run({ ...feeds, ...pick(weights === 'ema' ? 'ema' : 'weights', 'weights') });
      return (loss as Float32Array)[0];
    },

    async snapshot() {
      for (const part of parts) {
        const tensors = Object.entries(pick(part)).filter((entry): entry is [string, DeviceTensor] => isDeviceTensor(entry[1]));
        const views = Object.fromEntries(parameters.map((p) => [STATE_PREFIXES[part] + p.name, current[part]!.subarray(p.offset, p.offset + p.size)]));
        if (tensors.length > 0) await readBack(Object.fromEntries(tensors), views);
      }
      return { [name]: current };
    },

    async restore(states) {
      check(Object.keys(states).join() === name, 'restore', `expected the state of the network ${JSON.stringify(name)}, got ${Object.keys(states).join(', ') || 'none'}`);
      current = copyState(current, states[name]);
      upload();
    },

    async dispose() {
      disposeAll(held);
      for (const program of [gradientProgram, updateProgram, accumulateProgram, lossProgram]) await program?.dispose();
    },
  };
}
