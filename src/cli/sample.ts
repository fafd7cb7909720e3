/** `noisette sample`: draws samples of a model as a grid or one by one, and makes a picture again from what its file says. */
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Command } from 'commander';
import type { SampleConfig } from '../app/config.ts';
import { ensureFilePlace, ensureFolder, whyNot } from '../app/file-access-node.ts';
import { loadModel, modelHash } from '../app/model-node.ts';
import type { Model } from '../app/model.ts';
import { recipeFrom, recipeText, type PictureRecipe } from '../app/picture-text.ts';
import { isPoint, overview, picturesOf } from '../app/pictures.ts';
import { defaultDevice, requestedClasses, sample, settingsWith } from '../app/sample.ts';
import type { Samples } from '../app/sampling.ts';
import { noisetteVersion } from '../app/versions-node.ts';
import { check } from '../core/errors.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import type { Picture } from '../formats/picture.ts';
import { decodePng, encodePng } from '../formats/png.ts';
import { halfBlocks } from './half-blocks.ts';
import { onInterrupt } from './interrupt.ts';
import { addFlags, checkGuidance, list, positive, RUN_FLAGS, SAMPLE_FLAGS, settingsOf } from './options.ts';
import { createOutput, notice, type Output } from './output.ts';
import { bar, duration, quiet } from './style.ts';

interface Options {
  readonly classes?: readonly string[];
  readonly count?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly separate?: string;
  readonly title?: string;
  readonly from?: string;
  readonly json?: boolean;
  readonly device?: PictureRecipe['device'];
  readonly lowering?: PictureRecipe['lowering'];
  readonly threads?: number;
  readonly [flag: string]: unknown;
}

export function addSample(program: Command): void {
  const command = program
    .command('sample')
    .description('Draws samples of a trained model as a picture.')
    .argument('[model]', 'a .safetensors file, the folder of a run, or a bundled model')
    .option('--classes <names>', 'classes by name or number, separated by commas (default: all)', list)
    .option('--count <n>', 'samples of each class (default: 8)', positive)
    .option('--batch <n>', 'samples at once (default: 32)', positive)
    .option('--out <file>', 'where the picture goes (default: samples.png)')
    .option('--separate <folder>', 'one file a sample instead of a grid')
    .option('--title <text>', 'a title above the grid')
    .option('--from <picture>', 'make this picture again, from what its file says')
    .option('--json', 'one JSON object a line');
  addFlags(command, [...SAMPLE_FLAGS, ...RUN_FLAGS]);
  command.addHelpText('after', `
Examples:
  noisette sample noisette-runs/digits
  noisette sample digits.safetensors --classes 3,7 --count 16 --guidance-scale 3 --seed 5
  noisette sample noisette-runs/pets --classes cat --separate cats
  noisette sample --from samples.png --out again.png`)
    .action(async (path: string | undefined, options: Options) => {
      process.exitCode = await (options.from ? again(options.from, path, options) : draw(path, options));
    });
}

async function draw(path: string | undefined, options: Options): Promise<number> {
  check(path, 'sample', 'say which model: a .safetensors file, or the folder of a run');
  const model = await loadModel(path, notice);
  checkGuidance(model, options);
  const out = options.out ?? 'samples.png';
  check(options.out === undefined || options.separate === undefined, 'sample', '--out is for one picture of all samples, --separate for one each; give one of them');
  check(options.separate === undefined || !isPoint(model.shape), 'sample', 'points of the plane are no pictures by themselves; leave --separate out for a plot of all');
  await (options.separate === undefined ? ensureFilePlace(out, '--out') : ensureFolder(options.separate, '--separate'));
  const each = options.count ?? 8;
  const classes = requestedClasses(model, { classes: options.classes, count: each });
  const recipe: PictureRecipe = {
    version: noisetteVersion(), model: path, modelHash: modelHash(model), seed: options.seed ?? 0,
    classes: classes?.map((c) => model.classNames![c]) ?? null, count: classes?.length ?? each, batch: options.batch ?? 32, index: null,
    settings: { ...settingsWith(model, settingsOf(SAMPLE_FLAGS, options)) },
    lowering: options.lowering ?? 'fast', device: options.device ?? defaultDevice(), threads: options.threads ?? null,
    title: options.title ?? null,
  };
  const output = createOutput(options);
  const done = await followRecipe(model, recipe, output);
  if (!done.samples) return done.exitCode;
  const files = options.separate === undefined
    ? [await write(out, pictureFor(recipe, done.samples, model), recipe)]
    : await writeSeparately(options.separate, recipe, done.samples);
  if (output.mode === 'terminal') showInTerminal(output, done.samples, model);
  output.result({ files, model: path, modelHash: recipe.modelHash, seed: recipe.seed, samples: recipe.count, seconds: done.seconds }, files.join('\n'));
  return 0;
}

/** Draws what the recipe says; undefined samples when interrupted. */
async function followRecipe(model: Model, recipe: PictureRecipe, output: Output): Promise<{ samples?: Samples; seconds: number; exitCode: number }> {
  const interrupt = onInterrupt(() => output.settle());
  const started = performance.now();
  let samples: Samples | undefined;
  try {
    const { seed, batch, lowering, device, threads, index, count: total } = recipe;
    const options = { seed, batch, lowering, device, threads, settings: recipe.settings as Partial<SampleConfig>, ...(index !== null && { only: index }), signal: interrupt.signal };
    for await (const event of sample(model, { ...options, count: recipe.classes ? 1 : total, classes: recipe.classes ?? undefined })) {
      if (event.type === 'samples') samples = event.samples;
      else {
        output.event({ type: 'sampling', first: event.first, step: event.step, steps: event.steps, fraction: event.fraction });
        const seconds = (performance.now() - started) / 1000;
        output.live([`  ${bar(event.fraction, 40)}  ${quiet(`step ${event.step}/${event.steps}`)}  ${duration((seconds * (1 - event.fraction)) / event.fraction)} left`]);
      }
    }
    output.live([]);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    output.settle();
    interrupt.release();
  }
  return { samples, seconds: (performance.now() - started) / 1000, exitCode: interrupt.exitCode() };
}

function pictureFor({ index, title }: PictureRecipe, samples: Samples, { classNames }: Model): Picture {
  if (index !== null && !isPoint(samples.shape)) return picturesOf(samples)[index];
  return overview(samples, classNames, title === null ? {} : { title });
}

async function write(file: string, picture: Picture, recipe: PictureRecipe): Promise<string> {
  await writeFileAtomic(file, encodePng(picture, recipeText(recipe)));
  return file;
}

async function writeSeparately(folder: string, recipe: PictureRecipe, samples: Samples): Promise<string[]> {
  const pictures = picturesOf(samples);
  const files: string[] = [];
  for (const [index, picture] of pictures.entries()) {
    const name = recipe.classes ? `${recipe.classes[index].replace(/[^\p{L}\p{N}._-]/gu, '_')}-${index}` : String(index);
    files.push(await write(join(folder, `${name}.png`), picture, { ...recipe, index }));
  }
  return files;
}

async function again(file: string, path: string | undefined, options: Options): Promise<number> {
  const given = Object.keys(options).filter((name) => options[name] !== undefined && !['from', 'out', 'json', 'debug'].includes(name));
  check(given.length === 0, '--from', () => `makes the picture as its file says; leave out ${given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`).join(', ')}`);
  const bytes = await readFile(file).catch((error: unknown) => check(false, '--from', `cannot read ${file}: ${whyNot(error)}`) as never);
  const { picture: before, text } = decodePng(new Uint8Array(bytes), file);
  const recipe = recipeFrom(text, file);
  const model = await loadModel(path ?? recipe.model, notice).catch((error: Error) => check(false, '--from', `the picture was drawn by the model ${recipe.model} (${recipe.modelHash}), which cannot be opened: ${error.message}; give its place: noisette sample MODEL --from ${file}`) as never);
  const hash = modelHash(model);
  check(hash === recipe.modelHash, '--from', `the picture was drawn by a model with hash ${recipe.modelHash}, but ${path ?? recipe.model} has ${hash}: trained further, perhaps; give the right one: noisette sample MODEL --from ${file}`);
  const { dir, name } = parse(file);
  const out = options.out ?? join(dir, `${name}-again.png`);
  await ensureFilePlace(out, '--out');
  const output = createOutput(options);
  const done = await followRecipe(model, recipe, output);
  if (!done.samples) return done.exitCode;
  const picture = pictureFor(recipe, done.samples, model);
  await write(out, picture, { ...recipe, version: noisetteVersion() });
  const difference = largestDifference(before, picture);
  output.result({ files: [out], identical: difference === 0, largestDifference: difference }, `${out}\n${difference === 0 ? 'identical, pixel by pixel' : `differs by at most ${difference} of 255 levels: another machine or version drew it`}`);
  return 0;
}

/** In levels of 255; 255 when the sizes differ. */
function largestDifference(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height || a.channels !== b.channels) return 255;
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

/** The first sample of each class, as far as they fit; of points the plot. */
function showInTerminal(output: Output, samples: Samples, { classNames }: Model): void {
  const { classes } = samples;
  const tiles = isPoint(samples.shape) ? [overview(samples, classNames)] : picturesOf(samples).filter((_, i) => !classes || classes.indexOf(classes[i]) === i).slice(0, 10);
  for (const line of halfBlocks(tiles, { columns: process.stderr.columns ?? 80, lines: (process.stderr.rows ?? 24) - 3 })) output.line(line);
}
