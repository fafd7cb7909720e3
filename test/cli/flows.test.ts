/** What people do with the command line, from pictures to scores, on the built command. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from '../../src/formats/png.ts';
import { readSafetensors } from '../../src/formats/safetensors.ts';
import { run, start, succeed, temporaryFolder, TINY_UNET, TOY } from './command.ts';

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
const hashOf = (...parts: string[]): string => createHash('sha256').update(readFileSync(at(...parts))).digest('hex');
const lossesOf = (name: string): unknown[] => readFileSync(at(name, 'metrics.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);
const checkpointsOf = (name: string): string[] => readdirSync(at(name, 'checkpoints')).filter((file) => file.startsWith('step-')).sort();

/** Two classes of pictures of every kind that a folder may hold. */
async function makePictures(): Promise<void> {
  for (const [c, name] of ['cat', 'dog'].entries()) {
    mkdirSync(at('pictures', name), { recursive: true });
    const raw = (channels: 1 | 3 | 4, width = 20 + c, height = 26) => sharp(Buffer.from(Uint8Array.from({ length: width * height * channels }, (_, i) => (i * (7 + c)) & 255)), { raw: { width, height, channels } });
    const file = (ending: string): string => at('pictures', name, ending);
    await raw(3).png().toFile(file('rgb.png'));
    await raw(1).png().toFile(file('grey.png'));
    await raw(4).png().toFile(file('alpha.png'));
    await raw(3).png({ palette: true }).toFile(file('palette.png'));
    await raw(3).toColourspace('rgb16').png().toFile(file('sixteen.png'));
    await raw(3).toColourspace('cmyk').jpeg().toFile(file('cmyk.jpg'));
    await raw(3, 40, 12).jpeg().toFile(file('wide.JPEG'));
    await raw(3).webp().toFile(file('w.webp'));
  }
  writeFileSync(at('pictures/dog/broken.png'), readFileSync(at('pictures/dog/rgb.png')).subarray(0, 60));
  writeFileSync(at('pictures/notes.txt'), 'not a picture');
}

describe('a folder of pictures', () => {
  beforeAll(makePictures);
  const train = (...words: string[]): string[] => ['train', '--data', 'pictures', '--set', 'data.size=[16,12]', '--steps', '3', ...TINY_UNET, ...words];

  it('names what cannot be read and makes nothing, or leaves it out, as asked', async () => {
    const refused = await run(folder, ...train('--out', 'pets'));
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err.trim().split('\n').at(-1)).toMatch(/^noisette: image folder: 1 of 17 files in pictures cannot be read .*: dog\/broken\.png: /);
    expect(existsSync(at('pets'))).toBe(false);

    const { out, err } = await succeed(folder, ...train('--unreadable', 'skip', '--preview-every', '3', '--validation', '4', '--out', 'pets', '--set', 'model.options.dropout=0.1', '--accumulation', '2'));
    expect(err).toContain('1 file was left out, unreadable:\n  dog/broken.png: ');
    expect(err).toContain('1 file was passed over');
    expect(err).toContain('data: 12 examples of 3×16×12, 2 classes; 4 held out');
    expect(err).toMatch(/memory: about \d+ MB while training\nstep 1\/3 {2}[\d.]+ images\/s {2}loss [\d.]+ {2}ema [\d.]+ {2}\d+ s left\n/);
    expect(err).toMatch(/validation: step 3: [\d.]+ \(ema\)/);
    expect(out).toBe('model  pets/model.safetensors\ndraw   npx noisette sample pets\n');
    expect(readdirSync(at('pets')).map((name) => name.replace(/\.\d+\./, '.N.')).sort()).toEqual(['checkpoints', 'config.json', 'events.out.tfevents.N.noisette', 'metrics.jsonl', 'model.safetensors', 'samples']);
  });

  it('becomes pictures by class name, which say how to make them again', async () => {
    await succeed(folder, 'sample', 'pets', '--classes', 'dog,0', '--count', '3', '--sample-steps', '3', '--seed', '9', '--guidance-scale', '1.5', '--out', 'drawn/p.png', '--title', 'pets');
    const { text } = decodePng(readFileSync(at('drawn/p.png')));
    expect(Object.fromEntries(text)).toMatchObject({ classes: 'dog, cat', seed: '9', sampler: 'dpm++', steps: '3', 'guidance scale': '1.5' });
    expect((await succeed(folder, 'sample', '--from', 'drawn/p.png')).out).toBe('drawn/p-again.png\nidentical, pixel by pixel\n');
    expect(hashOf('drawn/p-again.png')).toBe(hashOf('drawn/p.png'));
    const seen = await succeed(folder, 'info', 'drawn/p.png');
    expect(seen.out).toMatch(/^picture {5}drawn\/p\.png\nsize .*\ndrawn by {4}pets, hash [0-9a-f]{16}, Noisette 0\.1\.0\nshows {7}6 samples: dog, cat; seed 9\n/);
  });

  it('becomes one file a sample, each of which can be made again alone', async () => {
    const { files } = (await succeed(folder, 'sample', 'pets', '--separate', 'each', '--count', '2', '--sample-steps', '2', '--batch', '3', '--json')).json().at(-1)!;
    expect(files).toEqual(['each/cat-0.png', 'each/cat-1.png', 'each/dog-2.png', 'each/dog-3.png']);
    const again = (await succeed(folder, 'sample', '--from', 'each/dog-2.png', '--out', 'x.png', '--json')).json().at(-1);
    expect(again).toEqual({ files: ['x.png'], identical: true, largestDifference: 0 });
    expect(decodePng(readFileSync(at('x.png'))).picture).toMatchObject({ width: 12, height: 16, channels: 3 });
  });

  it('fine-tunes for other classes: what fits is taken, what does not is said', async () => {
    const { err } = await succeed(folder, 'train', '--data', 'shapes', '--set', 'data.count=32', '--set', 'data.size=16', '--set', 'model.options.patchSize=1', '--set', 'model.options.addAttention=true', '--preview-every', 'none', '--steps', '2', ...TINY_UNET, '--weights', 'pets', '--out', 'tuned');
    expect(err).toMatch(/weights: pets: \d+ parameters loaded; 1 of another shape \(keep their initial values\): class_embedding\.weight is \[3, 32\], the network has \[4, 32\]/);
    const nothing = await run(folder, 'train', ...TOY, '--steps', '2', '--weights', 'pets', '--out', 'nothing');
    expect(nothing.code).toBe(1);
    expect(nothing.err).toContain('noisette: weights: no parameter of pets fits the network: 0 parameters loaded; ');
    expect(existsSync(at('nothing'))).toBe(false);
  });

  it('becomes films, from noise and to noise', async () => {
    for (const [words, frames] of [[[], 5], [['--show', 'estimate', '--classes', 'cat'], 5], [['--forward'], 5]] as const) {
      expect((await succeed(folder, 'film', 'pets', '--sample-steps', '4', '--count', '2', '--out', 'f.gif', '--json', ...words)).json().at(-1)).toMatchObject({ film: 'f.gif', frames });
      const { pages, delay } = await sharp(at('f.gif'), { pages: -1 }).metadata();
      expect([pages, delay]).toEqual([5, [500, 90, 90, 90, 2500]]);
    }
  });
});

describe('resuming', () => {
  const train = (out: string, ...words: string[]): Promise<unknown> => succeed(folder, 'train', ...TOY, '--preview-every', 'none', '--out', out, ...words);

  it('goes the same way to the bit: 20 steps are 10, a resume and 10', async () => {
    await train('whole', '--steps', '20');
    await train('halves', '--steps', '10');
    const { err } = await succeed(folder, 'train', '--resume', 'halves', '--steps', '20');
    expect(err).toContain('note: change the course of the run from here on:\n  train.steps: 10 → 20\nresume: from step 10\n');
    const weights = (name: string): unknown => {
      const file = readSafetensors(new Uint8Array(readFileSync(at(name, 'model.safetensors'))));
      return [...file.entries.keys()].map((key) => [key, Array.from(file.float32(key).data)]);
    };
    expect(weights('halves')).toEqual(weights('whole'));
    expect(lossesOf('halves')).toEqual(lossesOf('whole'));
    // The whole state, the configuration in it included.
    expect(checkpointsOf('halves').at(-1)).toBe(checkpointsOf('whole').at(-1));
  });

  it('takes up what Ctrl-C left, and what a kill left', async () => {
    await train('uninterrupted', '--steps', '3000');
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const name = signal.toLowerCase();
      const running = start(folder, ['train', ...TOY, '--preview-every', 'none', '--out', name, '--steps', '3000', '--checkpoint-every', '200']);
      await running.seen('checkpoint: step 200');
      running.process.kill(signal);
      const { code, out, err } = await running.ended;
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(err).toContain('saving … (again to end at once)');
        expect(err).toContain('stopped: after step ');
        expect(out).toMatch(/^saved at step \d+; continue with: npx noisette train --resume sigint\n$/);
      } else expect(code).toBeNull();
      expect(existsSync(at(name, 'model.safetensors'))).toBe(false);
      expect((await run(folder, 'sample', name, '--count', '1', '--sample-steps', '2', '--out', 'x.png')).code).toBe(0);
      await succeed(folder, 'train', '--resume', name);
      expect(hashOf(name, 'metrics.jsonl')).toBe(hashOf('uninterrupted', 'metrics.jsonl'));
      const last = (run_: string) => readSafetensors(new Uint8Array(readFileSync(at(run_, 'model.safetensors')))).float32('out.weight').data;
      expect(last(name)).toEqual(last('uninterrupted'));
      expect(readdirSync(at(name)).filter((file) => /lock|partial/.test(file))).toEqual([]);
    }
  });

  it('ends at once at the second Ctrl-C', async () => {
    const running = start(folder, ['train', ...TOY, '--preview-every', 'none', '--out', 'twice', '--steps', '100000000', '--set', 'train.checkpointSeconds=null']);
    await running.seen('step 1/');
    // Both are pending before the process looks: the first asks for the end of the step, the second ends it.
    running.process.kill('SIGSTOP');
    running.process.kill('SIGINT');
    running.process.kill('SIGTERM');
    running.process.kill('SIGCONT');
    const { code } = await running.ended;
    expect([130, 143]).toContain(code);
    expect((await run(folder, 'train', '--resume', 'twice', '--steps', '3')).code).toBe(0);
  });

  it('is for one process at a time', async () => {
    const running = start(folder, ['train', ...TOY, '--preview-every', 'none', '--out', 'locked', '--steps', '100000000', '--checkpoint-every', '500']);
    await running.seen('checkpoint: step 500');
    const second = await run(folder, 'train', '--resume', 'locked');
    expect(second.code).toBe(1);
    expect(second.err).toContain(`noisette: run: process ${running.process.pid} (since `);
    expect((await succeed(folder, 'info', 'locked')).out).toContain(`training    now, by process ${running.process.pid} `);
    running.process.kill('SIGKILL');
    await running.ended;
    // The lock is still there; its process is not.
    expect(readdirSync(at('locked')).some((file) => file.endsWith('.lock'))).toBe(true);
    await succeed(folder, 'train', '--resume', 'locked', '--steps', String(Number(/"step":(\d+)/.exec(readFileSync(at('locked/metrics.jsonl'), 'utf8').trim().split('\n').at(-1)!)![1]) + 10));
  });

  it('says which settings may change and which may not', async () => {
    const refused = await run(folder, 'train', '--resume', 'whole', '--steps', '25', '--batch', '8', '--set', 'data.count=100');
    expect(refused.code).toBe(1);
    expect(refused.err.trim().split('\n').at(-1)).toMatch(/cannot change on resume \(.*\): data\.count: 256 → 100; train\.batch: 16 → 8; change the course of the run from here on: train\.steps: 20 → 25; May change: name, sample, /);
    const { err } = await succeed(folder, 'train', '--resume', 'whole', '--steps', '25', '--lr', '1e-4', '--set', 'sample.steps=7');
    expect(err).toContain('do not affect the trained numbers:\n  sample.steps: 25 → 7');
    expect((await succeed(folder, 'info', 'whole', '--json')).json()[0]).toMatchObject({ step: 25, config: { train: { steps: 25, lr: 1e-4 }, sample: { steps: 7 } } });
    const back = await run(folder, 'train', '--resume', 'whole', '--steps', '3');
    expect(back.err).toContain('noisette: resume: the run has made 25 steps already, and train.steps is 3; give more with --steps');
  });

  it('passes over a damaged checkpoint, and says so; with none whole it stops', async () => {
    await train('damaged', '--steps', '30', '--checkpoint-every', '10');
    const [, newest] = checkpointsOf('damaged');
    const damage = (file: string): void => {
      const bytes = readFileSync(at('damaged/checkpoints', file));
      bytes[bytes.length - 1] ^= 1;
      writeFileSync(at('damaged/checkpoints', file), bytes);
    };
    damage(newest);
    const { err } = await succeed(folder, 'train', '--resume', 'damaged');
    expect(err).toContain(`note: ${newest} does not have the SHA-256 it was saved with\nresume: from step 20\n`);
    expect(lossesOf('damaged')).toHaveLength(30);
    checkpointsOf('damaged').forEach(damage);
    const stopped = await run(folder, 'train', '--resume', 'damaged', '--steps', '40');
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.err).toContain('no checkpoint is whole: ');
    // The final weights are as far: they serve.
    expect((await run(folder, 'sample', 'damaged', '--count', '1', '--sample-steps', '2', '--out', 'x.png')).code).toBe(0);
  });

  it('cuts metrics back to the checkpoint', async () => {
    appendFileSync(at('halves/metrics.jsonl'), '{"step":21,"loss":1}\n{"step":22,"lo');
    expect((await succeed(folder, 'info', 'halves')).out).toContain('after step 21');
    await succeed(folder, 'train', '--resume', 'halves');
    expect(lossesOf('halves')).toHaveLength(20);
  });
});

describe('seeds', () => {
  it('are everything that is random: equal seeds give equal files, others give others', async () => {
    const model = async (name: string, seed: string): Promise<string> => {
      await succeed(folder, 'train', ...TOY, '--preview-every', 'none', '--steps', '5', '--seed', seed, '--out', name);
      return hashOf(name, 'model.safetensors');
    };
    const one = await model('seed-1', '1');
    expect(await model('seed-1b', '1')).toBe(one);
    expect(await model('seed-2', '2')).not.toBe(one);
    const draw = async (...words: string[]): Promise<string> => {
      await succeed(folder, 'sample', 'seed-1', '--count', '2', '--sample-steps', '3', '--out', 'x.png', ...words);
      return createHash('sha256').update(decodePng(readFileSync(at('x.png'))).picture.data).digest('hex');
    };
    const zero = await draw();
    expect(await draw('--seed', '0')).toBe(zero);
    for (const words of [['--seed', '1'], ['--guidance-scale', '3'], ['--sampler', 'ddpm'], ['--sample-steps', '4']]) expect(await draw(...words)).not.toBe(zero);
  });
});
