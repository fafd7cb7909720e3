/** Options that several commands share, and how they become settings. */
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CLIPPINGS, SAMPLERS, SCHEDULES, words } from '../app/choices.ts';
import type { Model } from '../app/model.ts';
import { mergeSettings, parseSetting, settingAt } from '../app/settings.ts';
import { whyNot } from '../app/file-access-node.ts';
import { check, NoisetteError } from '../core/errors.ts';
import { PREDICTIONS } from '../diffusion/prediction.ts';

/** Parses a number, for commander. Exact bounds are checked with the whole configuration. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
};
export const count = (text: string): number => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number from 0.');
  return value;
};
/** For what there must be at least one of. */
export const positive = (text: string): number => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
};
/** Stands for null, which commander takes for an absent value. */
const NONE = Symbol('none');
const numberOrNone = (text: string): number | symbol => (text === 'none' ? NONE : number(text));
const positiveOrNone = (text: string): number | symbol => (text === 'none' ? NONE : positive(text));
/** `3,7,cat` → its parts. */
export const list = (text: string, before: readonly string[] = []): string[] => [...before, ...text.split(',').map((part) => part.trim()).filter(Boolean)];
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

interface Flag {
  readonly flags: string;
  /** Where its value goes in the configuration. */
  readonly path: string;
  readonly description: string;
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
}

export const RUN_FLAGS: readonly Flag[] = [
  { flags: '--seed <n>', path: 'seed', description: 'everything random follows from it', parse: count },
  { flags: '--device <name>', path: 'device', description: 'where to compute', choices: ['auto', 'cpu', 'webgpu', 'cuda', 'wasm'] },
  { flags: '--lowering <name>', path: 'lowering', description: 'fast formulations, or direct ones for strict tolerances', choices: ['fast', 'exact'] },
  { flags: '--threads <n>', path: 'threads', description: 'threads within an operator', parse: positive },
];

export const TRAIN_FLAGS: readonly Flag[] = [
  { flags: '--steps <n>', path: 'train.steps', description: 'training steps in all; a preset\'s warm-up is at most a tenth of them', parse: positive },
  { flags: '--batch <n>', path: 'train.batch', description: 'examples a micro-batch', parse: positive },
  { flags: '--accumulation <n>', path: 'train.accumulation', description: 'micro-batches a step', parse: positive },
  { flags: '--lr <rate>', path: 'train.lr', description: 'learning rate after warm-up', parse: number },
  { flags: '--warmup <n>', path: 'train.warmup', description: 'steps of warm-up', parse: count },
  { flags: '--lr-decay <name>', path: 'train.lrDecay', description: 'how the learning rate falls', choices: ['constant', 'linear', 'cosine', 'inverse-sqrt'] },
  { flags: '--optimizer <name>', path: 'train.optimizer', description: 'optimizer', choices: ['adamw', 'adam'] },
  { flags: '--weight-decay <x>', path: 'train.weightDecay', description: 'weight decay', parse: number },
  { flags: '--clip-grad <norm>', path: 'train.clip', description: 'largest gradient norm, or none', parse: numberOrNone },
  { flags: '--ema <decay>', path: 'train.ema', description: 'decay of the weights\' average, or none', parse: numberOrNone },
  { flags: '--unreadable <rule>', path: 'data.unreadable', description: 'pictures that cannot be read: end, or leave them out', choices: ['refuse', 'skip'] },
  { flags: '--validation <n>', path: 'train.validation', description: 'examples held out for the validation loss', parse: count },
  { flags: '--validation-every <n>', path: 'train.validationEvery', description: 'steps between validation losses', parse: positive },
  { flags: '--checkpoint-every <n>', path: 'train.checkpointEvery', description: 'steps between checkpoints, or none (by time only)', parse: positiveOrNone },
  { flags: '--preview-every <n>', path: 'train.previewEvery', description: 'steps between pictures, or none', parse: positiveOrNone },
  { flags: '--prediction <name>', path: 'diffusion.prediction', description: 'what the network predicts', choices: PREDICTIONS },
  { flags: '--schedule <name>', path: 'diffusion.schedule', description: 'noise schedule', choices: words(SCHEDULES) },
  { flags: '--condition-dropout <p>', path: 'diffusion.conditionDropout', description: 'share of examples whose class is withheld', parse: number },
];

export const SAMPLE_FLAGS: readonly Flag[] = [
  { flags: '--sampler <name>', path: 'sampler', description: 'sampling algorithm', choices: words(SAMPLERS) },
  { flags: '--sample-steps <n>', path: 'steps', description: 'steps from noise to picture', parse: positive },
  { flags: '--guidance-scale <x>', path: 'guidanceScale', description: 'strength of classifier-free guidance; 1 is off', parse: number },
  { flags: '--clip <name>', path: 'clip', description: 'how the estimate of the data is kept in range', choices: words(CLIPPINGS) },
  { flags: '--spacing <name>', path: 'spacing', description: 'levels visited', choices: ['trailing', 'leading', 'linspace', 'uniform', 'karras'] },
  { flags: '--eta <x>', path: 'eta', description: 'noise added by ddim: 0 none, 1 ancestral', parse: number },
];

export function addFlags(command: Command, flags: readonly Flag[]): Command {
  for (const { flags: text, description, parse, choices } of flags) {
    const option = new Option(text, description);
    if (choices) option.choices(choices);
    if (parse) option.argParser(parse);
    command.addOption(option);
  }
  return command;
}

const camel = (flags: string): string => flags.split(' ')[0].slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The settings that the given flags make. */
export function settingsOf(flags: readonly Flag[], options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let settings: unknown = {};
  for (const { flags: text, path } of flags) {
    const value = options[camel(text)];
    if (value !== undefined) settings = mergeSettings(settings, settingAt(path, value === NONE ? null : value));
  }
  return settings as Record<string, unknown>;
}

/** Guidance that is asked for needs classes; a model's own setting is passed over where there are none. */
export function checkGuidance({ classNames }: Pick<Model, 'classNames'>, { guidanceScale }: Readonly<Record<string, unknown>>): void {
  check(classNames || guidanceScale === undefined || guidanceScale === 1, '--guidance-scale', () => `guidance needs classes, and this model has none; leave it out (it is ${String(guidanceScale)})`);
}

/** `--set path=value`, in order, on top of `settings`. */
export const withSets = (settings: unknown, sets: readonly string[] = []): unknown => sets.reduce((merged, text) => mergeSettings(merged, parseSetting(text)), settings);

/** `--data`: mnist, mnist:FOLDER, toy, toy:NAME, shapes, or a folder of pictures. */
export function dataSettings(text: string): Record<string, unknown> {
  if (text === 'mnist' || text === 'shapes') return { kind: text };
  if (text === 'toy' || text.startsWith('toy:')) return { kind: 'toy', ...(text.length > 4 && { name: text.slice(4) }) };
  if (text.startsWith('mnist:')) return { kind: 'mnist', folder: text.slice(6) };
  return { kind: 'image-folder', folder: text };
}

/** A JSON file of settings. */
export async function settingsFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new NoisetteError(`--config: cannot read ${path}: ${whyNot(error)}`);
  });
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw new NoisetteError(`--config: ${path} is no JSON: ${(error as Error).message}`);
  }
  check(typeof settings === 'object' && settings !== null && !Array.isArray(settings), '--config', `${path} must hold a JSON object, like { "train": { "lr": 0.001 } }`);
  return settings;
}
