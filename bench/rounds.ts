/** Interleaved rounds: every worker in turn, over and over, so that a busy neighbour or a throttled clock hits all alike. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ready, Worker } from './worker.ts';
import { median, minimum } from './statistics.ts';

export interface Series {
  readonly ready: Ready;
  /** Every timed step, in order. */
  readonly milliseconds: readonly number[];
  readonly medianMs: number;
  readonly minMs: number;
  readonly peakRssMiB: number;
}

export interface RoundOptions {
  readonly rounds: number;
  /** Timed steps of each worker in each round. */
  readonly steps: number;
  /** Steps before the first round, untimed. */
  readonly warmUp?: number;
  /** Rest between turns: idle threads of the previous worker stop spinning meanwhile. */
  readonly pauseMs?: number;
  readonly onTurn?: (worker: number, round: number, milliseconds: readonly number[]) => void;
}

/** Runs the rounds and returns one series a worker, in the workers' order. */
export async function interleave(workers: readonly Worker[], options: RoundOptions): Promise<Series[]> {
  const { rounds, steps, warmUp = 2, pauseMs = 150, onTurn } = options;
  const times = workers.map((): number[] => []);
  const peaks = workers.map(() => 0);
  for (const worker of workers) await worker.run(warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const [i, worker] of workers.entries()) {
      await sleep(pauseMs);
      const ran = await worker.run(steps);
      times[i].push(...ran.milliseconds);
      peaks[i] = ran.peakRssMiB;
      onTurn?.(i, round, ran.milliseconds);
    }
  }
  return workers.map((worker, i) => ({
    ready: worker.ready,
    milliseconds: times[i],
    medianMs: median(times[i]),
    minMs: minimum(times[i]),
    peakRssMiB: peaks[i],
  }));
}
