import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { errorLine, usageError } from './error-line.ts';
import { addFlags, checkGuidance, dataSettings, list, RUN_FLAGS, SAMPLE_FLAGS, settingsOf, TRAIN_FLAGS, withSets } from './options.ts';

const FLAGS = [...TRAIN_FLAGS, ...RUN_FLAGS];
function parse(...words: string[]): Record<string, unknown> {
  const program = new Command('noisette').configureOutput({ outputError: () => {} }).exitOverride((error) => usageError(error, program));
  const command = program.command('train').exitOverride((error) => usageError(error, command));
  addFlags(command, FLAGS);
  command.action(() => {});
  program.parse(['train', ...words], { from: 'user' });
  return settingsOf(FLAGS, command.opts());
}

describe('flags', () => {
  it('become settings', () => {
    expect(parse('--steps', '30', '--lr', '1e-3', '--seed', '0', '--device', 'wasm', '--lr-decay', 'cosine')).toEqual({ train: { steps: 30, lr: 0.001, lrDecay: 'cosine' }, seed: 0, device: 'wasm' });
    expect(parse()).toEqual({});
  });
  it('take none for null', () => expect(parse('--ema', 'none', '--clip-grad', 'none', '--preview-every', 'none')).toEqual({ train: { ema: null, clip: null, previewEvery: null } }));
  it.each([
    [['--stepz', '3'], /^train: unknown option "--stepz"; one of --steps, --batch, /],
    [['--steps', '0'], 'train: option "--steps <n>" argument "0" is invalid: it must be a whole number from 1'],
    [['--steps', '1.5'], 'it must be a whole number from 1'],
    [['--seed', '-1'], 'it must be a whole number from 0'],
    [['--lr', 'fast'], 'train: option "--lr <rate>" argument "fast" is invalid: it must be a number'],
    [['--lr', ''], 'it must be a number'],
    [['--device', 'tpu'], 'train: option "--device <name>" argument "tpu" is invalid: one of auto, cpu, webgpu, cuda, wasm'],
    [['--steps'], 'train: option "--steps <n>" argument missing; see noisette train --help'],
    [['extra'], /^train: too many arguments/],
  ])('%j is refused in one line', (words, message) => expect(() => parse(...words)).toThrow(message));
  it('are one path each', () => {
    for (const flags of [FLAGS, SAMPLE_FLAGS]) expect(new Set(flags.map(({ path }) => path)).size).toBe(flags.length);
  });
});

describe('errors', () => {
  it('are strung together when they came on lines', () => {
    expect(errorLine(new Error('here: two files:\n  a: x\n  b: y\nMay change: c'))).toBe('here: two files: a: x; b: y; May change: c');
  });
  it('of the system are in words', () => {
    expect(errorLine(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write', path: 'run/x' }))).toBe('run/x: no space is left on the disk (ENOSPC)');
    expect(errorLine(Object.assign(new Error('spawn'), { code: 'EWEIRD', syscall: 'spawn' }))).toBe('EWEIRD');
  });
  it('let help and version pass', () => {
    const shown = new CommanderError(0, 'commander.version', '0.1.0');
    expect(() => usageError(shown, new Command())).toThrow(shown);
  });
});

describe('--data', () => {
  it.each([
    ['mnist', { kind: 'mnist' }], ['mnist:digits', { kind: 'mnist', folder: 'digits' }], ['toy', { kind: 'toy' }], ['toy:spiral', { kind: 'toy', name: 'spiral' }],
    ['shapes', { kind: 'shapes' }], ['photos/mnist', { kind: 'image-folder', folder: 'photos/mnist' }],
  ])('%s', (text, settings) => expect(dataSettings(text)).toEqual(settings));
});

describe('other options', () => {
  it('are put together', () => {
    expect(list('7, cat,,', ['x'])).toEqual(['x', '7', 'cat']);
    expect(withSets({ a: { b: 1, c: 2 } }, ['a.b=3', 'd=word', 'a.c=[1]'])).toEqual({ a: { b: 3, c: [1] }, d: 'word' });
  });
  it('guidance needs classes only where it was asked for', () => {
    expect(() => checkGuidance({}, { guidanceScale: 2 })).toThrow('--guidance-scale: guidance needs classes, and this model has none; leave it out (it is 2)');
    for (const [model, options] of [[{}, {}], [{}, { guidanceScale: 1 }], [{ classNames: ['a'] }, { guidanceScale: 2 }]] as const) checkGuidance(model, options);
  });
});
