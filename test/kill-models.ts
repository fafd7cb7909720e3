/** What the kill test trains: by name, so that the same killing serves a toy and the real network. */
import { shapesDataset } from '../src/data/shapes.ts';
import { createLoader } from '../src/data/loader.ts';
import { cosineSchedule } from '../src/diffusion/beta-schedules.ts';
import { uniformLevels } from '../src/diffusion/time-sampling.ts';
import { denoisingNetwork } from '../src/models/denoising-network.ts';
import { initialize } from '../src/nn/initializer.ts';
import type { Json } from '../src/train/checkpoint-file.ts';
import { trainingBatches } from '../src/train/denoising-batch.ts';
import { denoisingProgram } from '../src/train/denoising-program.ts';
import { hostExecutor, type Feeds, type StepExecutor } from '../src/train/executor.ts';
import { lrSchedule, type LrSchedule } from '../src/train/lr-schedule.ts';
import { layoutParameters } from '../src/nn/parameters.ts';
import { initialState } from '../src/train/state.ts';
import { toyBatch, toyLayout, toyProgram, toyWeights, type ToyBatches } from './kill-toy.ts';

export interface KillModel {
  readonly executor: StepExecutor;
  readonly batchAt: (step: number, micro: number) => Feeds;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly learningRate: LrSchedule;
  readonly config: Json;
}

export const KILL_MODELS: Readonly<Record<string, (steps: number) => Promise<KillModel>>> = {
  async toy(steps) {
    const batches: ToyBatches = { seed: 11, batchSize: 8, accumulate: 2, dropout: 0.1, conditionDropout: 0.1 };
    const { trainable, frozen } = toyWeights(batches.seed);
    return {
      executor: hostExecutor(toyProgram(), initialState({ layout: toyLayout, weights: trainable, frozen, ema: true }), { ema: { decay: 0.99 } }),
      batchAt: (step, micro) => toyBatch(batches, step, micro),
      batchSize: batches.batchSize,
      accumulate: batches.accumulate,
      learningRate: lrSchedule({ peak: 1e-2, warmupSteps: 10, decay: 'cosine', totalSteps: steps }),
      config: { model: 'toy', batches: { ...batches }, steps },
    };
  },

  /** The class-conditional U-Net with attention in its middle, on drawn shapes: every part of a real training step. */
  async unet(steps) {
    const [seed, batchSize, accumulate, conditionDropout] = [11, 4, 2, 0.1];
    const dataset = shapesDataset({ seed, length: 48, size: 8, channels: 1 });
    const network = denoisingNetwork('unet2d', {
      inChannels: 1, outChannels: 1, blockOutChannels: [8, 16], downBlockTypes: ['DownBlock2D', 'DownBlock2D'], upBlockTypes: ['UpBlock2D', 'UpBlock2D'],
      layersPerBlock: 1, normNumGroups: 4, dropout: 0.1, numClassEmbeds: 4,
    }, dataset.shape);
    // Every life compiles it anew: without rewriting the graph, in half the time.
    const program = await denoisingProgram(network, batchSize, { device: 'cpu', spinning: false, optimize: false });
    const layout = layoutParameters(program.parameters);
    const weights = initialize(program.parameters, layout.trainableSize, seed);
    return {
      executor: hostExecutor(program, initialState({ layout, weights, ema: true }), { ema: { decay: 0.99 } }),
      batchAt: trainingBatches({
        network, seed, accumulate, conditionDropout, dropoutMasks: program.dropoutMasks, loader: createLoader(dataset, { seed, batchSize }),
        objective: { prediction: 'v', levels: uniformLevels(cosineSchedule()) },
      }),
      batchSize,
      accumulate,
      learningRate: lrSchedule({ peak: 2e-3, warmupSteps: 10, decay: 'cosine', totalSteps: steps }),
      config: { network: network.config as unknown as Json, seed, batchSize, accumulate, conditionDropout, steps },
    };
  },
};
