/** `noisette quickstart`: trains on handwritten digits in minutes, draws, films, and scores what it drew. */
import { Option, type Command } from 'commander';
import { parseConfig } from '../app/config.ts';
import { forSteps, preset } from '../app/presets.ts';
import { quickstart, type QuickstartEvent } from '../app/quickstart-node.ts';
import { mergeSettings } from '../app/settings.ts';
import { check } from '../core/errors.ts';
import { picturesOf } from '../app/pictures.ts';
import { halfBlocks } from './half-blocks.ts';
import { onInterrupt } from './interrupt.ts';
import { addFlags, collect, positive, RUN_FLAGS, SAMPLE_FLAGS, settingsOf, TRAIN_FLAGS, withSets } from './options.ts';
import { createOutput, type Output } from './output.ts';
import { bar, bold, duration, quiet } from './style.ts';
import { trainDisplay } from './train-display.ts';

interface Options {
  readonly out: string;
  readonly samples?: number;
  readonly steps?: number;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly [flag: string]: unknown;
}

/** Beyond this, guidance trades away more variety than it buys legibility: recall falls below a half. */
const MAX_GUIDANCE = 3;
const SAMPLING = SAMPLE_FLAGS.map((flag) => ({ ...flag, path: `sample.${flag.path}` }));

export function addQuickstart(program: Command): void {
  const command = program
    .command('quickstart')
    .description('Trains a small model on handwritten digits, draws some, makes a film and scores them: a few minutes on two cores.')
    .option('--out <folder>', 'where everything goes; what an earlier quickstart left there is replaced', 'noisette-runs/quickstart')
    .option('--samples <n>', 'samples that are scored (default: 1000)', positive)
    .addOption(new Option('--set <path=value>', 'any setting; may be repeated').argParser(collect))
    .option('--json', 'one JSON object a line; the last is the result');
  addFlags(command, [...RUN_FLAGS, ...SAMPLING, ...TRAIN_FLAGS.filter(({ path }) => ['train.steps', 'train.batch', 'train.lr', 'train.ema', 'train.previewEvery'].includes(path))]);
  command.addHelpText('after', `
Examples:
  noisette quickstart
  noisette quickstart --seed 3 --guidance-scale 2.5
  noisette quickstart --steps 1200 --json`)
    .action(async (options: Options) => {
      process.exitCode = await run(options);
    });
}

async function run(options: Options): Promise<number> {
  const settings = mergeSettings(forSteps(preset('digits-quick'), options.steps), settingsOf([...RUN_FLAGS, ...SAMPLING, ...TRAIN_FLAGS], options));
  const config = parseConfig(withSets(settings, options.set), 'settings');
  check(config.sample.guidanceScale <= MAX_GUIDANCE, 'quickstart', `--guidance-scale is at most ${MAX_GUIDANCE} here but is ${config.sample.guidanceScale}; use noisette sample for more`);
  const output = createOutput(options);
  const interrupt = onInterrupt(() => output.line('saving … (again to end at once)'));
  output.line(output.mode === 'terminal' ? `${bold('noisette quickstart')}  ${quiet('from noise to digits')}` : 'quickstart: from noise to digits');
  const show = display(output, config.train.steps);
  let trained = false;
  let result: Extract<QuickstartEvent, { type: 'result' }> | undefined;
  try {
    for await (const event of quickstart(config, { folder: options.out, samples: options.samples, signal: interrupt.signal })) {
      if (event.type === 'model-saved') trained = true;
      if (event.type === 'result') result = event;
      else show(event);
    }
    output.live([]);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    output.settle();
    interrupt.release();
  }
  if (!result) {
    output.result({ interrupted: true }, trained ? `stopped after the training; draw with: npx noisette sample ${options.out}` : `stopped; continue the training with: npx noisette train --resume ${options.out}`);
    return interrupt.exitCode();
  }
  const { result: r, evaluation: e } = result;
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  output.result({ ...r }, [
    `grid      ${r.grid}`,
    `film      ${r.film}`,
    `model     ${r.model}`,
    `trained   ${duration(r.trainSeconds)}, ${r.images.toLocaleString('en')} images`,
    `accuracy  ${percent(r.accuracy)} of ${e.samples} samples read as the digit asked for (guidance ${e.guidanceScale})`,
    `recall    ${percent(r.recall)} of real digits lie among them; FID ${r.fid.toFixed(1)}${e.realFid === undefined ? '' : ` (real to real ${e.realFid.toFixed(1)})`}`,
    `next      npx noisette sample ${options.out} --classes 7 --count 64`,
  ].join('\n'));
  return 0;
}

const PHASES = { drawing: 'drawing', filming: 'making a film', evaluating: 'scoring samples' } as const;

function display(output: Output, steps: number): (event: Exclude<QuickstartEvent, { type: 'result' }>) => void {
  const showTraining = trainDisplay(output, { steps });
  let phase: keyof typeof PHASES = 'drawing';
  let began = 0;
  return (event) => {
    switch (event.type) {
      case 'phase':
        phase = event.phase;
        began = performance.now();
        output.event({ type: 'phase', phase });
        if (output.mode === 'plain') output.line(`${PHASES[phase]} …`);
        return;
      case 'sampling': {
        output.event({ type: 'sampling', phase, step: event.step, steps: event.steps, fraction: event.fraction });
        const seconds = (performance.now() - began) / 1000;
        return output.live([`  ${bar(event.fraction, 24)}  ${PHASES[phase]}  ${quiet(`${duration((seconds * (1 - event.fraction)) / event.fraction)} left`)}`]);
      }
      case 'drawn': {
        output.event({ type: 'drawn', file: event.file });
        if (output.mode !== 'terminal') return;
        output.live([]);
        output.line('');
        const { classes } = event.samples;
        const tiles = picturesOf(event.samples).filter((_, i) => classes!.indexOf(classes![i]) === i);
        for (const line of halfBlocks(tiles, { columns: process.stderr.columns ?? 80 })) output.line(line);
        output.line('');
        return;
      }
      default:
        return showTraining(event);
    }
  };
}
