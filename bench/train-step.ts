/** Whole training steps (forward, backward, clipping, AdamW, EMA) against PyTorch. */
import { trainFlops } from './flops.ts';
import { readOptions } from './options.ts';
import { stepBenchmark } from './step-benchmark.ts';

export async function trainStep(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { rounds: 5, steps: 3 });
  await stepBenchmark('train-step', [options.config.trainBatch], trainFlops, options);
}
