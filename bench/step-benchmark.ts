/** What `train-step` and `sample-step` have in common: peak, comparisons at each batch size, peak again, report. */
import { compare, type Comparison } from './compare.ts';
import type { NetworkConfig } from './configs.ts';
import { describeMachine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import { makeReport } from './report.ts';
import { measurePeak } from './sgemm.ts';
import { INSTALL_PYTORCH, type Kind } from './sides.ts';

export async function stepBenchmark(kind: Kind, batches: readonly number[], flops: (config: NetworkConfig, batch: number) => number, options: BenchOptions): Promise<void> {
  const log = (line: string): void => { if (!options.json) console.log(line); };
  const machine = describeMachine();
  log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`);
  if (machine.load > 0.5) console.error(`bench: the load average is ${machine.load}; other work on this machine disturbs the numbers`);
  if (!options.pytorch) console.error(INSTALL_PYTORCH);

  const before = await measurePeak(options.threads, options.pytorch);
  const comparisons: Comparison[] = [];
  for (const batch of batches) comparisons.push(await compare(kind, batch, flops(options.config.network, batch), options, log));
  const after = await measurePeak(options.threads, options.pytorch);
  const sgemm = { ours: Math.max(before.ours, after.ours), pytorch: before.pytorch && after.pytorch && Math.max(before.pytorch, after.pytorch) };
  log(`SGEMM 1024³: ours ${sgemm.ours.toFixed(0)}${sgemm.pytorch ? `, PyTorch ${sgemm.pytorch.toFixed(0)}` : ''} GFLOP/s`);
  if (sgemm.pytorch && sgemm.pytorch < sgemm.ours / 2) {
    console.error(`bench: PyTorch multiplies matrices at ${sgemm.pytorch.toFixed(0)} GFLOP/s and this side at ${sgemm.ours.toFixed(0)}: without a fast BLAS (apt install libopenblas0-openmp) the ratio flatters this side`);
  }
  console.log(JSON.stringify(makeReport({ config: options.name, machine, comparisons, sgemm })));
}
