import { afterAll, describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { tensor } from '../core/tensor.ts';
import { evaluate } from '../graph/evaluate.ts';
import { classifierConfig } from '../models/classifier-config.ts';
import type { TrainedClassifier } from '../models/classifier-file.ts';
import { classifierParameters, traceClassifier } from '../models/classifier.ts';
import { classifierExtractor } from './classifier-features.ts';

const config = classifierConfig({ shape: [1, 6, 6], classes: 3, stageChannels: [4, 8], featureWidth: 5, normGroups: 2 });
const { size } = classifierParameters(config);
const trained: TrainedClassifier = { name: 'tiny', config, classNames: ['x', 'y', 'z'], weights: createStream({ seed: 2, purpose: 'test' }).normals(new Float32Array(size)), notes: {} };
const extractor = classifierExtractor(trained, { device: 'cpu', batchSize: 4 });
afterAll(() => extractor.dispose());

const COUNT = 11;
const pictures = createStream({ seed: 6, purpose: 'test' }).normals(new Float32Array(COUNT * 36));
const expected = ((): { features: number[]; logits: number[] } => {
  const { features, logits } = traceClassifier(config, COUNT, { kind: 'constants', flat: trained.weights });
  const [f, z] = evaluate([features, logits], { x: pictures }, 'double');
  return { features: Array.from(f.data, Number), logits: Array.from(z.data, Number) };
})();
const close = (actual: ArrayLike<number>, reference: readonly number[]): void => {
  expect(actual.length).toBe(reference.length);
  reference.forEach((v, i) => expect(Math.abs(actual[i] - v)).toBeLessThan(1e-5 * Math.max(...reference.map(Math.abs))));
};

describe('a classifier as an extractor', () => {
  it('gives the features and logits of the reference interpreter, whatever the batch size', async () => {
    const { features, logits } = await extractor.extract(tensor([COUNT, 1, 6, 6], pictures));
    close(features.data, expected.features);
    close(logits.data, expected.logits);
    expect([features.rows, features.columns, logits.columns]).toEqual([COUNT, 5, 3]);
  });

  it('cuts the middle out of larger pictures, square or not', async () => {
    for (const [height, width] of [[10, 10], [8, 12], [6, 8]]) {
      const large = new Float32Array(COUNT * height * width).fill(-1);
      for (let n = 0; n < COUNT; n++) for (let y = 0; y < 6; y++) for (let x = 0; x < 6; x++) large[(n * height + y + (height - 6) / 2) * width + x + (width - 6) / 2] = pictures[n * 36 + y * 6 + x];
      close((await extractor.extract(tensor([COUNT, 1, height, width], large))).features.data, expected.features);
    }
  });

  it('classifies by the largest logit, several calls at once', async () => {
    const halves = [pictures.subarray(0, 5 * 36), pictures.subarray(5 * 36)];
    const [a, b] = await Promise.all([extractor.classify(halves[0], 5), extractor.classify(halves[1], 6)]);
    const best = Array.from({ length: COUNT }, (_, n) => {
      const row = expected.logits.slice(3 * n, 3 * n + 3);
      return row.indexOf(Math.max(...row));
    });
    expect([...a.labels, ...b.labels]).toEqual(best);
    expect(new Set(best).size).toBeGreaterThan(1);
    close(b.logits.data, expected.logits.slice(15));
  });

  it('names itself by its weights', () => {
    expect(extractor.name).toMatch(/^tiny [0-9a-f]{8}$/);
    const other = classifierExtractor({ ...trained, weights: trained.weights.map((w) => w + 1) });
    expect(other.name).not.toBe(extractor.name);
  });

  it('refuses pictures of other sizes, and work after its end', async () => {
    await expect(extractor.extract(tensor([2, 1, 7, 6]))).rejects.toThrow('tiny: pictures must be [n, 1, 6, 6], or larger by an even number of rows and columns, but are [2, 1, 7, 6]');
    await expect(extractor.extract(tensor([2, 3, 6, 6]))).rejects.toThrow(/but are \[2, 3, 6, 6\]/);
    await expect(extractor.classify(new Float32Array(70), 2)).rejects.toThrow('tiny: 70 values are no 2 square pictures of 1 channels');
    const short = classifierExtractor(trained, { device: 'cpu' });
    await short.dispose();
    await expect(short.extract(tensor([1, 1, 6, 6]))).rejects.toThrow('tiny: the extractor was disposed; make another');
  });
});
