/** What the kill test trains: by name, so that the same killing serves a toy and the real network. */
import type { Json } from '../src/train/checkpoint-file.ts';
import { hostExecutor, type Feeds, type StepExecutor } from '../src/train/executor.ts';
import { lrSchedule, type LrSchedule } from '../src/train/lr-schedule.ts';
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
};
