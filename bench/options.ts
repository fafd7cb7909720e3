/** Command line options that both comparisons share. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { oneOf } from '../src/core/errors.ts';
import { CONFIGS, type BenchConfig } from './configs.ts';
import { findPyTorch, type PyTorch } from './sides.ts';

export interface BenchOptions {
  readonly name: string;
  readonly config: BenchConfig;
  readonly rounds: number;
  readonly steps: number;
  readonly threads: number;
  /** Print nothing but the last line. */
  readonly json: boolean;
  readonly pytorch: PyTorch | undefined;
}

export const OPTIONS_HELP = `  --config NAME       ${Object.keys(CONFIGS).join(', ')} (default: default)
  --rounds N          interleaved rounds
  --steps N           timed steps of each side in a round
  --threads N         threads of each side (default: this machine's cores)
  --python FILE       a Python that can import torch (default: /usr/bin/python3)
  --libraries DIRS    shared libraries for PyTorch that win over the system's, such as an OpenBLAS
  --json              only the last line`;

export function readOptions(args: readonly string[], defaults: { rounds: number; steps: number }): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', default: 'default' },
      rounds: { type: 'string', default: String(defaults.rounds) },
      steps: { type: 'string', default: String(defaults.steps) },
      threads: { type: 'string', default: String(availableParallelism()) },
      python: { type: 'string', default: '/usr/bin/python3' },
      libraries: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    name: values.config,
    config: oneOf('config', CONFIGS, values.config),
    rounds: count('--rounds', values.rounds),
    steps: count('--steps', values.steps),
    threads: count('--threads', values.threads),
    json: values.json,
    pytorch: findPyTorch(values.python, values.libraries),
  };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`bench: ${option} is a whole number of at least 1, but ${JSON.stringify(text)} came`);
  return value;
}
