/** Whatever makes the training steps of a configuration on its device, with what it needs in memory. */
import type { MemoryEstimate } from '../graph/memory.ts';
import { estimateMemory } from '../graph/memory.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import type { DropoutMask } from '../nn/network.ts';
import type { Device } from '../runtime/device.ts';
import { denoisingModels, denoisingProgram } from '../train/denoising-program.ts';
import { deviceExecutor } from '../train/device-executor.ts';
import { hostExecutor, type HostExecutorOptions, type StepExecutor } from '../train/executor.ts';
import type { NetworkState } from '../train/state.ts';
import type { RunConfig } from './config.ts';
import { programOptions } from './programs.ts';
import { NETWORK_NAME } from './run-records.ts';

export interface TrainingExecutor {
  readonly executor: StepExecutor;
  readonly dropoutMasks: readonly DropoutMask[];
  /** Of the gradient program; weights and gradient are part of it. */
  readonly memory: MemoryEstimate;
}

/** Compiles the programs. On `webgpu` state stays on the device from step to step; elsewhere it lies on the host. */
export async function createExecutor(config: RunConfig, network: DenoisingNetwork, device: Device, state: NetworkState): Promise<TrainingExecutor> {
  const { train } = config;
  const options: HostExecutorOptions = {
    name: NETWORK_NAME,
    optimizer: { beta1: train.beta1, beta2: train.beta2, epsilon: train.epsilon, weightDecay: train.weightDecay, decoupled: train.optimizer === 'adamw', maxGradNorm: train.clip ?? Infinity },
    ...(train.ema !== null && { ema: { decay: train.ema, warmup: train.emaWarmup, power: train.emaPower } }),
  };
  const how = { ...programOptions(config), device };
  if (device === 'webgpu') {
    const { training, dropoutMasks } = denoisingModels(network, train.batch, { device, mode: config.lowering });
    return { executor: await deviceExecutor(network, train.batch, state, { ...options, ...how }), dropoutMasks, memory: estimateMemory(training) };
  }
  const program = await denoisingProgram(network, train.batch, how);
  return { executor: hostExecutor(program, state, options), dropoutMasks: program.dropoutMasks, memory: program.memory };
}
