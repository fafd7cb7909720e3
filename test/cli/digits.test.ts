/** Quickstart and evaluation on real digits, and training on other devices, on the built command. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/formats/png.ts';
import { softwareGpu } from '../browser/node-child.ts';
import { run, start, succeed, temporaryFolder, TINY_UNET, TOY } from './command.ts';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
const hashOf = (...parts: string[]): string => createHash('sha256').update(readFileSync(at(...parts))).digest('hex');

describe('quickstart', () => {
  // Two channels a group at least: a norm over one channel would take out what the class adds to it.
  const QUICK = ['quickstart', '--set', 'train.batch=8', '--set', 'model.options.blockOutChannels=[16,16,16]', '--samples', '50', '--sample-steps', '4', '--threads', '1', '--json'];

  it('ends with one line of exactly these numbers, and files', async () => {
    const lines = (await succeed(folder, ...QUICK, '--steps', '30', '--preview-every', '15', '--out', 'q')).json();
    const result = lines.at(-1)!;
    expect(Object.keys(result)).toEqual(['model', 'grid', 'film', 'trainSeconds', 'images', 'accuracy', 'recall', 'fid']);
    expect(result).toMatchObject({ model: 'q/model.safetensors', grid: 'q/grid.png', film: 'q/film.gif', images: 240 });
    for (const key of ['accuracy', 'recall']) expect(result[key]).toSatisfy((x: number) => x >= 0 && x <= 1);
    expect(result.fid).toBeGreaterThan(0);
    // One line an event, each with its type, in the order of things.
    const types = lines.slice(0, -1).map(({ type }) => type);
    expect([...new Set(types)]).toEqual(['data', 'model', 'memory', 'start', 'step', 'preview', 'checkpoint', 'done', 'model-saved', 'phase', 'sampling', 'drawn']);
    expect(types.filter((type) => type === 'step')).toHaveLength(30);
    expect(lines.find(({ type }) => type === 'step')).toEqual(expect.objectContaining({ step: 1, loss: expect.any(Number), emaLoss: expect.any(Number), imagesPerSecond: expect.any(Number), etaSeconds: expect.any(Number) }));

    const { picture, text } = decodePng(readFileSync(at('q/grid.png')));
    // Ten rows of eight digits of 32 pixels, enlarged twice.
    expect(picture.width).toBeGreaterThan(8 * 64);
    expect(picture.height).toBeGreaterThan(10 * 64);
    expect(text.get('classes')).toBe('0, 1, 2, 3, 4, 5, 6, 7, 8, 9');
    expect((await sharp(at('q/film.gif'), { pages: -1 }).metadata()).pages).toBe(5);
    expect(JSON.parse(readFileSync(at('q/quickstart.json'), 'utf8'))).toMatchObject({ seed: 0, result });
    expect((await succeed(folder, 'sample', '--from', 'q/grid.png', '--out', 'again.png')).out).toContain('identical');
  });

  it('takes a seed and a guidance scale, and both change the result', async () => {
    const results = new Map<string, Record<string, unknown>>();
    for (const [name, words] of [['a', []], ['seed', ['--seed', '1']], ['guidance', ['--guidance-scale', '1.5']]] as const) {
      // In one folder each time: what an earlier quickstart left is replaced.
      const result = (await succeed(folder, ...QUICK, '--steps', '4', '--out', 'q', ...words)).json().at(-1)!;
      results.set(name, { fid: result.fid, model: hashOf('q/model.safetensors'), grid: createHash('sha256').update(decodePng(readFileSync(at('q/grid.png'))).picture.data).digest('hex') });
    }
    const [a, seed, guidance] = ['a', 'seed', 'guidance'].map((name) => results.get(name)!);
    for (const key of ['fid', 'model', 'grid']) expect(seed[key], key).not.toEqual(a[key]);
    for (const key of ['fid', 'grid']) expect(guidance[key], key).not.toEqual(a[key]);
  });

  it('refuses, before anything is made or deleted, what it cannot do', async () => {
    mkdirSync(at('mine'));
    writeFileSync(at('mine/mine.txt'), 'x');
    for (const [words, message] of [
      [['--out', 'mine'], 'quickstart: mine holds files that quickstart did not make (mine.txt), and it would delete what is there; choose another folder with --out, or move them'],
      [['--guidance-scale', '3.5'], '--guidance-scale is at most 3 here but is 3.5'],
      [['--samples', '55'], 'samples must be a multiple of the 10 classes and above 3 but is 55; nearest: 50 or 60'],
      [['--samples', '20000'], '20000 samples need as many real pictures, but there are 10000; take at most 10000'],
      [['--sample-steps', '2000'], 'sample.steps 2000 does not go with'],
      [['--set', 'data.size=30', '--out', 'q'], 'height 30 must be a multiple of 8'],
    ] as const) {
      const { code, err } = await run(folder, ...QUICK, '--out', 'fresh', ...words);
      expect(code).toBe(1);
      expect(err).toContain(message);
    }
    expect(existsSync(at('fresh'))).toBe(false);
    expect(existsSync(at('q/model.safetensors'))).toBe(true);
  });
});

describe('eval', () => {
  it('ends with one line of exactly these numbers', async () => {
    const lines = (await succeed(folder, 'eval', 'q', '--samples', '50', '--sample-steps', '3', '--guidance-scale', '1.5', '--grid', 'scored/g.png', '--threads', '1', '--json')).json();
    const result = lines.at(-1)!;
    expect(Object.keys(result)).toEqual(['accuracy', 'precision', 'recall', 'fid', 'samples', 'steps', 'guidanceScale', 'fidRatio']);
    expect(result).toMatchObject({ samples: 50, steps: 3, guidanceScale: 1.5 });
    const scores = lines.at(-2)!;
    expect(scores).toMatchObject({ type: 'scores' });
    expect(result.fidRatio).toBeCloseTo((result.fid as number) / (scores.realFid as number), 10);
    expect(decodePng(readFileSync(at('scored/g.png'))).picture.height).toBeGreaterThan(10 * 32);
  });

  it('says what it needs', async () => {
    expect((await run(folder, 'eval', 'q', '--samples', '15')).err).toContain('nearest: 10 or 20');
    expect((await run(folder, 'eval', 'nowhere')).err).toMatch(/^noisette: model: there is no nowhere; give a \.safetensors file/);
  });
});

describe('devices', () => {
  const losses = (name: string): number[] => readFileSync(at(name, 'metrics.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { loss?: number }).loss).filter((loss) => loss !== undefined);
  const agree = (got: number[], want: number[]): void => {
    expect(got).toHaveLength(want.length);
    got.forEach((loss, i) => expect(Math.abs(loss / want[i] - 1)).toBeLessThan(1e-4));
  };

  it('WASM gives the losses of the CPU', async () => {
    const UNET = ['train', '--data', 'shapes', '--set', 'data.count=32', '--set', 'data.size=8', '--set', 'model.options.patchSize=1', '--steps', '3', ...TINY_UNET];
    await succeed(folder, ...UNET, '--preview-every', 'none', '--out', 'cpu');
    await succeed(folder, ...UNET, '--preview-every', '3', '--out', 'wasm', '--device', 'wasm');
    agree(losses('wasm'), losses('cpu'));
    expect(existsSync(at('wasm/samples/step-3.png'))).toBe(true);
  });

  const gpu = softwareGpu('training by the command line on WebGPU');
  it.skipIf(!gpu)('WebGPU gives the losses of the CPU, draws, and resumes', async () => {
    const POINTS = ['train', ...TOY, '--steps', '3', '--accumulation', '2', '--validation', '32'];
    await succeed(folder, ...POINTS, '--preview-every', 'none', '--out', 'points');
    const onGpu = async (...words: string[]): Promise<string> => {
      const { code, err, out } = await start(folder, words, gpu).ended;
      expect(code, err).toBe(0);
      return err + out;
    };
    expect(await onGpu(...POINTS, '--preview-every', '3', '--out', 'gpu', '--device', 'webgpu')).toContain('on webgpu');
    agree(losses('gpu'), losses('points'));
    expect(await onGpu('train', '--resume', 'gpu', '--steps', '5', '--preview-every', 'none')).toContain('resume: from step 3');
    await succeed(folder, 'train', '--resume', 'points', '--steps', '5');
    agree(losses('gpu'), losses('points'));
  });

  it('absent ones are refused with what there is', async () => {
    const { code, err } = await run(folder, 'train', ...TOY, '--steps', '1', '--preview-every', 'none', '--device', 'cuda', '--out', 'cuda');
    if (code === 0) expect(err).toContain('on cuda');
    else expect(err).toMatch(/noisette: device: cuda is not available here \(.*\); there are .*cpu, wasm/);
  });
});
