/** `noisette eval`: scores a model's samples in a classifier's features. */
import type { Command } from 'commander';
import { loadTestData } from '../app/data-node.ts';
import { evaluate, type Evaluation } from '../app/evaluate.ts';
import { ensureFilePlace } from '../app/file-access-node.ts';
import { loadModel } from '../app/model-node.ts';
import { overview } from '../app/pictures.ts';
import type { Samples } from '../app/sampling.ts';
import { check } from '../core/errors.ts';
import { loadDigitClassifier } from '../evaluate/digit-classifier-node.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { encodePng } from '../formats/png.ts';
import { onInterrupt } from './interrupt.ts';
import { addFlags, positive, RUN_FLAGS, SAMPLE_FLAGS, settingsOf } from './options.ts';
import { createOutput, notice } from './output.ts';
import { bar, duration, quiet } from './style.ts';

interface Options {
  readonly samples?: number;
  readonly batch?: number;
  readonly classifier?: string;
  readonly grid?: string;
  readonly json?: boolean;
  readonly [flag: string]: unknown;
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('Scores the samples of a digits model: accuracy, precision, recall and FID in a classifier\'s features, against real digits.')
    .argument('<model>', 'a bundled model, a .safetensors file, or the folder of a run')
    .option('--samples <n>', 'samples in all, the same number of each class (default: 1000)', positive)
    .option('--batch <n>', 'samples at once (default: 50)', positive)
    .option('--classifier <file>', 'another classifier than the committed one')
    .option('--grid <file>', 'also write a picture of the first samples')
    .option('--json', 'one JSON object a line; the last is the result');
  addFlags(command, [...SAMPLE_FLAGS, ...RUN_FLAGS]);
  command.addHelpText('after', `
Examples:
  noisette eval digits
  noisette eval noisette-runs/digits --sample-steps 50 --guidance-scale 1.5
  noisette eval digits --json`)
    .action(async (path: string, options: Options) => {
      process.exitCode = await run(path, options);
    });
}

async function run(path: string, options: Options): Promise<number> {
  const model = await loadModel(path, notice);
  const real = await loadTestData(model.config.data);
  check(real, 'eval', () => `needs real pictures that the model was not trained on, which data of kind ${model.config.data.kind} does not have; it works on mnist`);
  if (options.grid !== undefined) await ensureFilePlace(options.grid, '--grid');
  const extractor = await loadDigitClassifier(options.classifier);
  const output = createOutput(options);
  const interrupt = onInterrupt(() => output.settle());
  const started = performance.now();
  let scored: { evaluation: Evaluation; drawn: Samples } | undefined;
  try {
    const settings = settingsOf(SAMPLE_FLAGS, options);
    for await (const event of evaluate(model, { ...settingsOf(RUN_FLAGS, options), settings, samples: options.samples, batch: options.batch ?? 50, extractor, real, signal: interrupt.signal })) {
      if (event.type === 'evaluation') scored = event;
      else {
        output.event({ type: 'sampling', step: event.step, steps: event.steps, fraction: event.fraction });
        const seconds = (performance.now() - started) / 1000;
        output.live([`  ${bar(event.fraction, 40)}  ${quiet('drawing')}  ${duration((seconds * (1 - event.fraction)) / event.fraction)} left`]);
      }
    }
    output.live([]);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    output.settle();
    interrupt.release();
    await extractor.dispose();
  }
  if (!scored) return interrupt.exitCode();
  const { evaluation: e } = scored;
  if (options.grid) await writeGrid(options.grid, scored.drawn, model.classNames!);
  const { accuracy, precision, recall, fid, samples, steps, guidanceScale, fidRatio, realFid, kid, density, coverage, features, seconds, accuracyInterval, byClass } = e;
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  output.event({ type: 'scores', accuracyInterval, accuracyByClass: Array.from(byClass), realFid, kid, density, coverage, features, seconds });
  output.result(
    { accuracy, precision, recall, fid, samples, steps, guidanceScale, fidRatio },
    [
      `accuracy   ${percent(accuracy)} of ${samples} samples are read as the class asked for (95 %: ${percent(accuracyInterval.low)} to ${percent(accuracyInterval.high)})`,
      `by class   ${Array.from(byClass, (x, c) => `${model.classNames![c]} ${percent(x)}`).join(', ')}`,
      `precision  ${percent(precision)} of samples lie among real pictures`,
      `recall     ${percent(recall)} of real pictures lie among samples`,
      `FID        ${fid.toFixed(2)}${realFid === undefined ? '' : `, ${fidRatio!.toFixed(2)} times that of real against real (${realFid.toFixed(2)})`}`,
      `sampling   ${steps} steps, guidance ${guidanceScale}, ${duration(seconds)}`,
    ].join('\n'),
  );
  return 0;
}

/** Eight a class. */
async function writeGrid(file: string, { values, shape, count: total, classes }: Samples, classNames: readonly string[]): Promise<void> {
  const each = total / classNames.length;
  const size = values.length / total;
  const kept = Array.from({ length: total }, (_, i) => i).filter((i) => i % each < 8);
  const chosen = new Float32Array(kept.length * size);
  kept.forEach((i, k) => chosen.set(values.subarray(i * size, (i + 1) * size), k * size));
  await writeFileAtomic(file, encodePng(overview({ values: chosen, shape, count: kept.length, classes: Int32Array.from(kept, (i) => classes![i]) }, classNames)));
}
