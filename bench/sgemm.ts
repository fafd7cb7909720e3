/** This machine's peak rate of single precision matrix products: the yardstick for every other rate. */
import { minimum } from './statistics.ts';
import { oursCommand, pytorchCommand, type PyTorch } from './sides.ts';
import { startWorker } from './worker.ts';

const SIZE = 1024;
const FLOPS = 2 * SIZE ** 3;

/** GFLOP/s of the fastest product of each side. */
export interface Peak {
  readonly ours: number;
  readonly pytorch?: number;
}

/** Measures both sides in processes of their own that end before anything else is timed. */
export async function measurePeak(threads: number, pytorch: PyTorch | undefined): Promise<Peak> {
  const options = { kind: 'sgemm', threads, size: SIZE } as const;
  const rate = async (command: Parameters<typeof startWorker>[0]): Promise<number> => {
    const worker = await startWorker(command);
    const times: number[] = [];
    for (let i = 0; i < 4; i++) times.push(...(await worker.run(15)).milliseconds);
    await worker.close();
    return FLOPS / minimum(times) / 1e6;
  };
  const ours = await rate(oursCommand(options));
  return pytorch ? { ours, pytorch: await rate(pytorchCommand(pytorch, options)) } : { ours };
}
