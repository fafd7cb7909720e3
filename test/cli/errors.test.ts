/** Bad input to the built command: one line that says where, what and the valid set, exit code 1, no stack, nothing made, nothing lost. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/formats/png.ts';
import { run, start, succeed, temporaryFolder, TINY_UNET, TOY } from './command.ts';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  await succeed(folder, 'train', ...TOY, '--preview-every', 'none', '--steps', '2', '--out', 'run');
  mkdirSync(at('empty'));
  mkdirSync(at('pictures'));
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(at('pictures', `${name}.png`), encodePng({ width: 16, height: 16, channels: 1, data: new Uint8Array(256) }));
  writeFileSync(at('bad.json'), '{bad');
  writeFileSync(at('list.json'), '[]');
  writeFileSync(at('wrong.json'), '{"train":{"stepz":3}}');
  writeFileSync(at('cut.safetensors'), readFileSync(at('run/model.safetensors')).subarray(0, 3000));
});

const PICTURES = ['train', '--data', 'pictures', '--steps', '2', ...TINY_UNET, '--out', 'new'];

describe('bad input', () => {
  it.each<[string[], string | RegExp]>([
    [['fly'], 'unknown command "fly"; one of train, sample, film, info, eval, quickstart'],
    [['sample', 'run', '--sampler', 'heum'], 'sample: option "--sampler <name>" argument "heum" is invalid: one of ddim, ddpm, ddpm-large, euler, heun, dpm++'],
    [['train', '--preset', 'nope'], 'unknown preset "nope"; one of digits-quick, digits, toy, shapes, images'],
    [['train', '--data', 'toy:blob', '--out', 'new'], 'settings: data.name is "blob"; one of ring, moons, swiss-roll, checkerboard, spiral'],
    [['train', '--set', 'train.stepz=3'], /^settings: unknown setting "train\.stepz"; "train" has steps, batch, /],
    [['train', '--config', 'nowhere.json'], '--config: cannot read nowhere.json: there is no such file or folder (ENOENT)'],
    [['train', '--config', 'bad.json'], /^--config: bad\.json is no JSON: /],
    [['train', '--config', 'list.json'], '--config: list.json must hold a JSON object, like { "train": { "lr": 0.001 } }'],
    [['train', '--data', 'empty', '--out', 'new'], /^image folder: empty holds no \.png, \.jpg, \.jpeg or \.webp files/],
    [['train', '--data', 'nowhere', '--out', 'new'], 'image folder: cannot read nowhere (ENOENT)'],
    [[...PICTURES, '--set', 'data.size=[16,15]'], /^unet2d: width 15 must be a multiple of 2 \(patchSize 1 × 2 for each of 1 downsamplings\); nearest: 14 or 16$/],
    [[...PICTURES, '--set', 'model.attentionAt=[5]', '--set', 'data.size=16'], 'model.attentionAt: no level of the network has height 5; they have 16, 8'],
    [[...PICTURES, '--set', 'data.size=16', '--validation', '4'], 'data: train.validation holds out 4 examples, but there are only 4'],
    [[...PICTURES, '--set', 'data.size=16', '--weights', 'cut.safetensors'], /^cut\.safetensors: .*cut off or/],
    [['train', ...TOY, '--out', 'run'], /^train: run already holds a run \(.*\); continue it with --resume, or choose another folder with --out$/],
    [['train', ...TOY, '--out', 'bad.json/x'], 'train: bad.json is a file, where a folder is needed; choose another'],
    [['train', '--resume', 'empty'], /^resume: cannot read empty\/config\.json: there is no such file or folder \(ENOENT\); give the folder that a training run wrote to$/],
    [['train', '--resume', 'run', '--out', 'new'], /leave out --out$/],
    [['sample'], 'sample: say which model: a .safetensors file, or the folder of a run'],
    [['sample', 'nowhere'], /^model: there is no nowhere; give a \.safetensors file/],
    [['sample', 'empty'], /^model: empty has neither model\.safetensors nor a checkpoint; give /],
    [['sample', 'run', '--classes', 'cow'], /^classes: unknown class "cow"; one of mode 0, mode 1, .*, or a number from 0 to 7$/],
    [['sample', 'run', '--out', 'bad.json/x.png'], '--out: '],
    [['sample', 'run', '--sample-steps', '5000'], /^sample: sample\.steps 5000 does not go with sample\.spacing trailing: .*at most 1000/],
    [['sample', 'run', '--separate', 'new'], /^sample: points of the plane are no pictures by themselves/],
    [['sample', '--from', 'pictures/a.png'], /^pictures\/a\.png: carries no recipe/],
    [['sample', '--from', 'pictures/a.png', '--seed', '3'], '--from: makes the picture as its file says; leave out --seed'],
    [['film', 'run', '--forward', '--show', 'estimate'], 'film: --show belongs to the reverse film; the forward one runs no network'],
    [['info', 'nowhere'], 'info: cannot read nowhere: there is no such file or folder (ENOENT)'],
    [['info', 'bad.json'], 'info: bad.json (4 bytes) is neither a .safetensors file nor a PNG picture; give one of these, or the folder of a run'],
    [['eval', 'run'], /^eval: needs real pictures that the model was not trained on, which data of kind toy does not have/],
  ])('noisette %j', async (words, message) => {
    const before = readdirSync(folder).sort();
    const { code, out, err } = await run(folder, ...words);
    expect(code).toBe(1);
    expect(out).toBe('');
    const last = err.trimEnd().split('\n').at(-1)!;
    expect(last).toMatch(/^noisette: /);
    if (typeof message === 'string') expect(last).toContain(`noisette: ${message}`);
    else expect(last.slice('noisette: '.length)).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(existsSync(at('new'))).toBe(false);
  });

  it('shows where it comes from with --debug, and is an event with --json', async () => {
    const { err } = await run(folder, 'sample', 'nowhere', '--debug');
    expect(err).toMatch(/^noisette: model: there is no nowhere; .*\n.*\n\s+at /);
    const { out, code } = await run(folder, 'sample', 'nowhere', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ type: 'error', message: expect.stringContaining('model: there is no nowhere') });
  });
});

describe('output', () => {
  it('that nobody reads any more ends the run well', async () => {
    const running = start(folder, ['train', ...TOY, '--preview-every', 'none', '--steps', '100000000', '--out', 'unread', '--json']);
    await running.seen('"step":5,');
    running.process.stdout!.destroy();
    const { code, err } = await running.ended;
    expect(code).toBe(143);
    expect(err).not.toContain('EPIPE');
    expect((await succeed(folder, 'train', '--resume', 'unread', '--steps', '100000000', '--print-config')).out).toContain('"steps": 100000000');
    expect(readdirSync(at('unread/checkpoints')).length).toBeGreaterThan(1);
  });

  it('has help with examples for every command', async () => {
    const helps = await Promise.all(['train', 'sample', 'film', 'info', 'eval', 'quickstart'].map(async (name) => [name, (await succeed(folder, name, '--help')).out]));
    for (const [name, help] of helps) expect(help).toMatch(new RegExp(`Examples:\n {2}noisette ${name}`));
    expect((await succeed(folder, '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(folder)).code).toBe(1);
  });

  it('of --print-config trains the same again', async () => {
    const { out } = await succeed(folder, 'train', ...TOY, '--steps', '3', '--preview-every', 'none', '--print-config');
    writeFileSync(at('same.json'), out);
    await succeed(folder, 'train', '--config', 'same.json', '--out', 'from-file');
    await succeed(folder, 'train', ...TOY, '--steps', '3', '--preview-every', 'none', '--out', 'from-flags');
    expect(readFileSync(at('from-file/model.safetensors'))).toEqual(readFileSync(at('from-flags/model.safetensors')));
  });
});
