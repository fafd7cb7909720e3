/** `npm run bench -- NAME [options]`: finds the benchmark and runs it. */
import { oneOf } from '../src/core/errors.ts';
import { OPTIONS_HELP } from './options.ts';
import { sampleStep } from './sample-step.ts';
import { trainStep } from './train-step.ts';

const BENCHMARKS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  'train-step': trainStep,
  'sample-step': sampleStep,
};

const [name, ...args] = process.argv.slice(2);
try {
  if (name === undefined || name === '--help' || args.includes('--help')) {
    console.log(`npm run bench -- NAME [options]\n\n  NAME                ${Object.keys(BENCHMARKS).join(', ')}\n${OPTIONS_HELP}`);
  } else {
    await oneOf('benchmark', BENCHMARKS, name)(args);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
