/** `noisette train`: trains by a preset, a file, flags; resumes; fine-tunes. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseConfig, type RunConfig } from '../app/config.ts';
import { preset, PRESETS } from '../app/presets.ts';
import { savedConfig } from '../app/run-records-node.ts';
import { mergeSettings } from '../app/settings.ts';
import { train } from '../app/train-node.ts';
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
  let settings: unknown;
  if (options.resume) settings = await savedConfig(options.resume);
  else {
    const data = options.data === undefined ? undefined : dataSettings(options.data);
    const byData: Readonly<Record<string, string>> = { 'image-folder': 'images', mnist: 'digits', toy: 'toy', shapes: 'shapes' };
    settings = preset(options.preset ?? (data ? byData[String(data.kind)] : 'digits-quick'));
    if (options.config) settings = mergeSettings(settings, await settingsFile(options.config));
    if (data) settings = mergeSettings(settings, { data });
  }
  settings = mergeSettings(settings, settingsOf([...TRAIN_FLAGS, ...RUN_FLAGS, ...sampling], options));
  return parseConfig(withSets(settings, options.set), 'settings');
}

async function run(config: RunConfig, options: Options): Promise<number> {
  const folder = options.resume ?? options.out ?? join('noisette-runs', config.name);
  const output = createOutput(options);
  const interrupt = onInterrupt(() => {
    output.settle();
    output.line('saving … (again to end at once)');
  });
  output.line(output.mode === 'terminal' ? bold(`noisette train · ${config.name}`) : `train: ${config.name} in ${folder}`);
  const show = trainDisplay(output, config.train);
  let last: Record<string, unknown> = {};
  try {
    for await (const event of train(config, { folder, resume: options.resume !== undefined, weights: options.weights, signal: interrupt.signal })) {
      show(event);
      if (event.type === 'done') last = { run: folder, step: event.step, reason: event.reason, seconds: event.seconds };
      if (event.type === 'model-saved') last = { ...last, model: event.file };
    }
  } finally {
    output.settle();
    interrupt.release();
  }
  output.result(last, last.model ? `model ${String(last.model)}\ndraw  noisette sample ${folder}` : `saved at step ${String(last.step)}; continue with: noisette train --resume ${folder}`);
  return interrupt.exitCode();
}
