/**
 * A benchmark worker as a child process: it says one JSON line when it is ready, then for every request line does that many steps
 * and answers with one line. A worker does nothing unless asked, so several can take turns on the same cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a worker says of itself, once. */
export interface Ready {
  readonly event: 'ready';
  readonly name: string;
  readonly threads: number;
  readonly parameters?: number;
  readonly layout?: string;
  /** Where PyTorch's matrix products went: its BLAS, or oneDNN. */
  readonly library?: string;
}

/** The answer to a request. */
export interface Ran {
  readonly event: 'ran';
  /** One duration a step. */
  readonly milliseconds: readonly number[];
  /** The most resident memory that the process has had so far. */
  readonly peakRssMiB: number;
  /** A number that depends on the last step's result; must be finite. */
  readonly result: number;
}

export interface Worker {
  readonly ready: Ready;
  run(steps: number): Promise<Ran>;
  close(): Promise<void>;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a worker and waits until it is ready. Throws when it ends early or answers with a number that is not finite. */
export async function startWorker({ file, args, env }: Command): Promise<Worker> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').catch(() => {}); // a failed start shows as a missing answer
  child.stdin.on('error', () => {}); // a worker that died is reported by the missing answer

  const answer = async (): Promise<Ready | Ran> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`bench worker ${file} ${args[0]}: it ended before it answered; its own message is above`);
    return JSON.parse(value) as Ready | Ran;
  };
  const ready = await answer();
  if (ready.event !== 'ready') throw new Error(`bench worker ${args[0]}: expected its "ready" line but ${JSON.stringify(ready)} came`);

  return {
    ready,
    async run(steps) {
      child.stdin.write(`${JSON.stringify({ do: 'run', steps })}\n`);
      const ran = await answer();
      if (ran.event !== 'ran' || !Number.isFinite(ran.result)) throw new Error(`bench worker ${args[0]}: the step gave ${JSON.stringify(ran)}`);
      return ran;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
