import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEvents } from '../formats/tfevents.ts';
import { openTensorBoard } from './tensorboard-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'noisette-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('TensorBoard', () => {
  const path = (): string => join(folder, readdirSync(folder)[0]);
  const events = () => [...readEvents(new Uint8Array(readFileSync(path())))];

  it('gets every number of a record under grouped tags, and continues one file after a torn write', async () => {
    const rate = { stepsPerSecond: 2, imagesPerSecond: 16, etaSeconds: 1 };
    const first = await openTensorBoard(folder, 0, () => 1000);
    for (let step = 1; step <= 4; step++) first.write({ step, loss: 1 / step }, rate);
    first.write({ step: 4, 'validation.ema': 0.5, skipped: 'a word' });
    first.picture(4, 'samples', { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
    await first.close();
    appendFileSync(path(), Uint8Array.of(1, 2, 3));
    const second = await openTensorBoard(folder, 2, () => 2000);
    second.write({ step: 3, loss: 7 });
    await second.flush();
    await second.close();
    expect(readdirSync(folder).length).toBe(1);
    expect(events().map((e) => [e.step, e.wallTime, e.scalars])).toEqual([
      [0, 1000, {}],
      [1, 1000, { 'train/loss': 1, 'rate/steps': 2, 'rate/images': 16 }],
      [2, 1000, { 'train/loss': 0.5, 'rate/steps': 2, 'rate/images': 16 }],
      [3, 2000, { 'train/loss': 7 }],
    ]);
  });

  it('keeps pictures and validation losses', async () => {
    const sink = await openTensorBoard(folder, 3);
    sink.write({ step: 4, 'validation.ema': 0.5, skipped: 'a word' });
    sink.picture(4, 'samples', { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
    await sink.close();
    const [scalar, image] = events().slice(-2);
    expect(scalar.scalars).toEqual({ 'validation/ema': 0.5 });
    expect(image.images.samples.subarray(1, 4)).toEqual(new TextEncoder().encode('PNG'));
  });
});
