/** Our side as a worker process: the same JSON lines over stdin and stdout as `pytorch/worker.py`. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { OUR_STEPS } from './ours-steps.ts';
import type { WorkerOptions } from './sides.ts';

const send = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** The most resident memory this process ever had, in MiB. */
function peakRssMiB(): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Number(line[1]) / 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS / 1024;
}

const options = JSON.parse(process.argv[2]) as Required<WorkerOptions>;
const { parameters, step } = await OUR_STEPS[options.kind](options);
send({ event: 'ready', name: 'noisette', threads: options.threads, parameters });
for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line) as { steps: number };
  const milliseconds: number[] = [];
  let result = NaN;
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    result = await step();
    milliseconds.push(performance.now() - start);
  }
  send({ event: 'ran', milliseconds, peakRssMiB: peakRssMiB(), result });
}
process.exit(0); // ONNX Runtime's threads would keep the process alive
