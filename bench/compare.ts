/** One comparison: Noisette and PyTorch (contiguous and channels-last) in interleaved rounds, at one batch size. */
import type { BenchOptions } from './options.ts';
import { interleave, type Series } from './rounds.ts';
import { LAYOUTS, oursCommand, pytorchCommand, type Kind } from './sides.ts';
import { startWorker, type Worker } from './worker.ts';

export interface Comparison {
  readonly batch: number;
  /** Floating point operations of one step, convolutions counted as direct. */
  readonly flops: number;
  readonly ours: Series;
  /** The layout with the lower median; absent without PyTorch. */
  readonly pytorch?: Series;
  /** Fastest step of any layout. */
  readonly pytorchMinMs?: number;
}

export async function compare(kind: Kind, batch: number, flops: number, options: BenchOptions, log: (line: string) => void): Promise<Comparison> {
  const { threads, config, pytorch } = options;
  const common = { kind, threads, batch, config: config.network };
  const workers: Worker[] = [];
  try {
    workers.push(await startWorker(oursCommand(common)));
    if (pytorch) for (const layout of LAYOUTS) workers.push(await startWorker(pytorchCommand(pytorch, { ...common, layout })));
    const parameters = new Set(workers.map((w) => w.ready.parameters));
    if (parameters.size !== 1) throw new Error(`bench: the sides run different networks, with ${[...parameters].join(' and ')} parameters`);
    const names = workers.map(({ ready }) => [ready.name, ready.layout, ready.library].filter(Boolean).join(' '));
    log(`${kind}, batch ${batch}: ${[...parameters][0]} parameters, ${(flops / 1e9).toFixed(1)} GFLOP a step, ${threads} threads`);
    const [ours, ...peers] = await interleave(workers, {
      rounds: options.rounds,
      steps: options.steps,
      onTurn: (i, round, ms) => log(`  round ${round + 1}  ${names[i].padEnd(44)} ${ms.map((t) => t.toFixed(0)).join(' ')} ms`),
    });
    if (peers.length === 0) return { batch, flops, ours };
    const faster = peers.reduce((best, peer) => (peer.medianMs < best.medianMs ? peer : best));
    return { batch, flops, ours, pytorch: faster, pytorchMinMs: Math.min(...peers.map((p) => p.minMs)) };
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}
