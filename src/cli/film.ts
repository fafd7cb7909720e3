/** `noisette film`: animated pictures of the reverse process and of the forward one. */
import { Option, type Command } from 'commander';
import { loadData } from '../app/data-node.ts';
import { examplesOf } from '../app/examples.ts';
import { ensureFilePlace } from '../app/file-access-node.ts';
import { forwardFilm, reverseFilm } from '../app/film.ts';
import { loadModel } from '../app/model-node.ts';
import { classNumbers, type Model } from '../app/model.ts';
import { settingsWith } from '../app/sample.ts';
import { check } from '../core/errors.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import type { FilmFrame } from '../formats/film.ts';
import { encodeGif } from '../formats/gif.ts';
import { onInterrupt } from './interrupt.ts';
import { addFlags, checkGuidance, dataSettings, list, positive, RUN_FLAGS, SAMPLE_FLAGS, settingsOf } from './options.ts';
import { createOutput, notice, type Output } from './output.ts';
import { bar, quiet } from './style.ts';

interface Options {
  readonly classes?: readonly string[];
  readonly count?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly forward?: boolean;
  readonly data?: string;
  readonly show?: 'state' | 'estimate';
  readonly title?: string;
  readonly colors?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly [flag: string]: unknown;
}

export function addFilm(program: Command): void {
  const command = program
    .command('film')
    .description('Shows noise becoming pictures, or data becoming noise, as an animated GIF.')
    .argument('<model>', 'a .safetensors file, the folder of a run, or a bundled model')
    .option('--forward', 'the forward process: data becomes noise')
    .option('--data <source>', 'data of the forward film (default: what the model was trained on)')
    .addOption(new Option('--show <what>', 'the noisy state, or the estimate of the clean picture').choices(['state', 'estimate']))
    .option('--classes <names>', 'classes by name or number, separated by commas (default: all)', list)
    .option('--count <n>', 'samples of each class (default: 6)', positive)
    .option('--batch <n>', 'samples at once (default: 32)', positive)
    .option('--title <text>', 'a title above the pictures')
    .option('--colors <n>', 'colours of the palette, 2 to 256: fewer make a smaller file (default: 64)', positive)
    .option('--out <file>', 'where the film goes (default: film.gif)')
    .option('--json', 'one JSON object a line');
  addFlags(command, [...SAMPLE_FLAGS, ...RUN_FLAGS]);
  command.addHelpText('after', `
Examples:
  noisette film noisette-runs/digits
  noisette film noisette-runs/digits --forward --out forward.gif
  noisette film digits.safetensors --classes 3,7 --show estimate --sampler ddpm --sample-steps 100`)
    .action(async (path: string, options: Options) => {
      process.exitCode = await run(path, options);
    });
}

async function run(path: string, options: Options): Promise<number> {
  const model = await loadModel(path, notice);
  checkGuidance(model, options);
  const file = options.out ?? 'film.gif';
  const colors = options.colors ?? 64;
  check(colors >= 2 && colors <= 256, '--colors', `must be from 2 to 256 but is ${colors}`);
  await ensureFilePlace(file, '--out');
  const output = createOutput(options);
  const interrupt = onInterrupt(() => output.settle());
  let frames: FilmFrame[] | undefined;
  try {
    frames = options.forward ? await forward(model, options) : await reverse(model, options, output, interrupt.signal);
    output.live([]);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    output.settle();
    interrupt.release();
  }
  if (!frames) return interrupt.exitCode();
  const content = encodeGif(frames, { colors });
  await writeFileAtomic(file, content);
  output.result({ film: file, frames: frames.length, bytes: content.length }, file);
  return 0;
}

async function forward(model: Model, options: Options): Promise<FilmFrame[]> {
  for (const flag of ['show', 'sampler', 'guidanceScale', 'clip', 'eta', 'batch']) {
    check(options[flag] === undefined, 'film', () => `--${flag === 'guidanceScale' ? 'guidance-scale' : flag} belongs to the reverse film; the forward one runs no network`);
  }
  const config = options.data === undefined ? model.config : { ...model.config, data: { ...model.config.data, ...dataSettings(options.data) } };
  const { train: data } = await loadData(config);
  const classes = data.classNames && (options.classes ? classNumbers({ classNames: data.classNames }, options.classes) : data.classNames.map((_, c) => c));
  return forwardFilm(examplesOf(data, classes, options.count ?? 6), model.config.diffusion, {
    seed: options.seed, settings: settingsWith(model, settingsOf(SAMPLE_FLAGS, options)), classNames: data.classNames, title: options.title,
  });
}

async function reverse(model: Model, options: Options, output: Output, signal: AbortSignal): Promise<FilmFrame[] | undefined> {
  check(options.data === undefined, 'film', '--data belongs to the forward film; the reverse one begins with noise');
  const { classes, count: each = 6, seed, batch, show, title } = options;
  const request = { classes, count: each, seed, batch, show, title, settings: settingsOf(SAMPLE_FLAGS, options), ...settingsOf(RUN_FLAGS, options), signal };
  for await (const event of reverseFilm(model, request)) {
    if (event.type === 'film') return event.frames;
    output.event({ type: 'sampling', step: event.step, steps: event.steps, fraction: event.fraction });
    output.live([`  ${bar(event.fraction, 40)}  ${quiet(`step ${event.step}/${event.steps}`)}`]);
  }
  return undefined;
}
