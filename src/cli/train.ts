/** `noisette train`: trains by a preset, a file, flags; resumes; fine-tunes. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseConfig, type RunConfig } from '../app/config.ts';
import { forSteps, preset, PRESETS } from '../app/presets.ts';
import { savedConfig } from '../app/run-records-node.ts';
import { mergeSettings } from '../app/settings.ts';
import { train } from '../app/train-node.ts';
import { check } from '../core/errors.ts';
import { onInterrupt } from './interrupt.ts';
import { addFlags, collect, dataSettings, RUN_FLAGS, SAMPLE_FLAGS, settingsFile, settingsOf, TRAIN_FLAGS, withSets } from './options.ts';
import { createOutput } from './output.ts';
import { bold } from './style.ts';
import { trainDisplay } from './train-display.ts';

interface Options {
  readonly preset?: string;
  readonly config?: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume?: string;
  readonly weights?: string;
  readonly steps?: number;
  readonly set?: readonly string[];
  readonly printConfig?: boolean;
  readonly json?: boolean;
  readonly [flag: string]: unknown;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('Trains a diffusion model on images, digits or toy points.')
    .option('--preset <name>', `settings to start from: ${Object.keys(PRESETS).join(', ')} (default: images for a folder of pictures, else the one for the data)`)
    .option('--data <source>', 'mnist, mnist:FOLDER, toy:NAME, shapes, or a folder of pictures (sub-folders are classes)')
    .option('--config <file>', 'JSON file of settings, on top of the preset')
    .option('--set <path=value>', 'any setting, on top of everything else; may be repeated', collect)
    .option('--out <folder>', 'folder of the run (default: noisette-runs/NAME)')
    .option('--resume <folder>', 'continue the run in this folder')
    .option('--weights <file>', 'start from these weights: a .safetensors file or the folder of a run')
    .option('--print-config', 'print the complete settings and end')
    .option('--json', 'one JSON object a line');
  addFlags(command, [...TRAIN_FLAGS, ...RUN_FLAGS, ...sampling]);
  command.addHelpText('after', `
Examples:
  noisette train --preset digits-quick
  noisette train --data photos --set data.size=64 --steps 50000
  noisette train --data toy:spiral --steps 2000 --out spiral
  noisette train --resume noisette-runs/digits --steps 20000
  noisette train --data sketches --weights noisette-runs/images

Ctrl-C saves a checkpoint and ends; a second one ends at once.`)
    .action(async (options: Options) => {
      const config = await configOf(options);
      if (options.printConfig) return void process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
      process.exitCode = await run(config, options);
    });
}

const sampling = SAMPLE_FLAGS.filter(({ path }) => path === 'guidanceScale' || path === 'sampler').map((flag) => ({ ...flag, path: `sample.${flag.path}`, description: `${flag.description} (of previews, and the model's default)` }));

async function configOf(options: Options): Promise<RunConfig> {
  const data = options.data === undefined ? undefined : dataSettings(options.data);
  const file = options.config === undefined ? undefined : await settingsFile(options.config);
  let settings: unknown;
  if (options.resume !== undefined) {
    for (const flag of ['preset', 'out', 'weights']) check(options[flag] === undefined, 'train', `--resume continues a run in its folder with its own settings and weights; leave out --${flag}`);
    settings = await savedConfig(options.resume);
  } else {
    const byData: Readonly<Record<string, string | undefined>> = { 'image-folder': 'images', mnist: 'digits', toy: 'toy', shapes: 'shapes' };
    const kind = (data ?? (file as { data?: { kind?: unknown } } | null | undefined)?.data)?.kind;
    settings = forSteps(preset(options.preset ?? byData[String(kind)] ?? 'digits-quick'), options.steps);
  }
  settings = mergeSettings(settings, file);
  if (data) settings = mergeSettings(settings, { data });
  settings = mergeSettings(settings, settingsOf([...TRAIN_FLAGS, ...RUN_FLAGS, ...sampling], options));
  return parseConfig(withSets(settings, options.set), 'settings');
}

async function run(config: RunConfig, options: Options): Promise<number> {
  const folder = options.resume ?? options.out ?? join('noisette-runs', config.name);
  const output = createOutput(options);
  const interrupt = onInterrupt(() => output.line('saving … (again to end at once)'));
  output.line(output.mode === 'terminal' ? bold(`noisette train · ${config.name}`) : `train: ${config.name} in ${folder}`);
  const show = trainDisplay(output, config.train);
  const resume = `npx noisette train --resume ${folder}`;
  let last: { run?: string; step?: number; reason?: string; seconds?: number; model?: string } = {};
  let saved: number | undefined;
  try {
    for await (const event of train(config, { folder, resume: options.resume !== undefined, weights: options.weights, signal: interrupt.signal })) {
      show(event);
      if (event.type === 'start' && event.resumed) saved = event.step;
      if (event.type === 'checkpoint') saved = event.step;
      if (event.type === 'done') last = { run: folder, step: event.step, reason: event.reason, seconds: event.seconds };
      if (event.type === 'model-saved') last = { ...last, model: event.file };
    }
  } catch (error) {
    output.settle();
    if (saved !== undefined) output.line(`the checkpoint of step ${saved} stands; continue with: ${resume}`);
    throw error;
  } finally {
    output.settle();
    interrupt.release();
  }
  const next = last.step === 0 ? `stopped before the first step; begin with: ${resume}` : `saved at step ${last.step}; continue with: ${resume}`;
  output.result(last, last.model !== undefined ? `model  ${last.model}\ndraw   npx noisette sample ${folder}` : next);
  return interrupt.exitCode();
}
