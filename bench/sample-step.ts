/** One denoising step (an evaluation of the network and a DDIM update) at two batch sizes against PyTorch. */
import { forwardFlops } from './flops.ts';
import { readOptions } from './options.ts';
import { stepBenchmark } from './step-benchmark.ts';

export async function sampleStep(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { rounds: 5, steps: 5 });
  await stepBenchmark('sample-step', options.config.sampleBatches, forwardFlops, options);
}
