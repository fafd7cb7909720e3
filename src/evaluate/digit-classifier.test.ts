/** The committed weights against the real test set, and whether distances in their features say what they should. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { tensor, type Tensor } from '../core/tensor.ts';
import type { Dataset } from '../data/dataset.ts';
import { mnistDataFolder } from '../data/mnist-data-node.ts';
import { loadMnist } from '../data/mnist-node.ts';
import { accuracyOf } from './accuracy.ts';
import type { ClassifierExtractor } from './classifier-features.ts';
import { digitClassifierPath, loadDigitClassifier } from './digit-classifier-node.ts';
import type { Features } from './features.ts';
import { frechetDistanceOf } from './frechet.ts';
import { selectRows } from './matrix.ts';
import { manifoldScores } from './precision-recall.ts';

let classifier: ClassifierExtractor;
let test: Dataset;
let labels: Int32Array;
let all: Features;
beforeAll(async () => {
  classifier = await loadDigitClassifier(undefined, { device: 'cpu' });
  test = await loadMnist(mnistDataFolder(), 'test');
  labels = Int32Array.from({ length: test.length }, (_, i) => test.label(i));
  all = await classifier.extract(pictures(test, Array.from(labels.keys())));
});
afterAll(() => classifier.dispose());

function pictures(data: Dataset, indices: readonly number[]): Tensor {
  const [channels, height, width] = data.shape;
  const size = channels * height * width;
  const out = new Float32Array(indices.length * size);
  indices.forEach((index, row) => data.get(index, out.subarray(row * size, (row + 1) * size)));
  return tensor([indices.length, channels, height, width], out);
}
/** Every tenth test digit from `start`: the two halves of MNIST's test set are of different writers, so a set takes from all of it. */
const everyTenth = (start: number): number[] => Array.from({ length: 1000 }, (_, i) => start + 10 * i);
const rowsFrom = (start: number) => selectRows(all.features, everyTenth(start));

describe('the committed digit classifier', () => {
  it('reads at least 98.8 % of the 10,000 test digits, and at least 97 % of each', async () => {
    const { accuracy, byClass } = accuracyOf(all.logits, labels);
    expect(accuracy).toBeGreaterThanOrEqual(0.988);
    expect(Math.min(...byClass)).toBeGreaterThan(0.97);
  });

  it('is as its file says, and opens from bytes too', async () => {
    const bytes = new Uint8Array(await readFile(digitClassifierPath()));
    expect(bytes.length).toBeLessThan(2e6);
    const other = await loadDigitClassifier(bytes, { device: 'cpu' });
    expect(other.name).toBe(classifier.name);
    expect(other.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(other.featureWidth).toBe(64);
    const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const notes = (JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))) as { __metadata__: Record<string, string> }).__metadata__;
    // Other processors round otherwise: a digit or two on the edge may fall to the other side.
    expect(Math.abs(Number(notes.testAccuracy) - accuracyOf(all.logits, labels).accuracy)).toBeLessThan(4e-4);
    expect(JSON.parse(notes.recipe)).toMatchObject({ seed: 0, heldOut: 5000 });
    await other.dispose();
  });

  it('gives the same features for 28×28 and for the same padded to 32×32', async () => {
    const padded = await loadMnist(mnistDataFolder(), 'test', { size: 32 });
    const some = everyTenth(0).slice(0, 150);
    const { features } = await classifier.extract(pictures(padded, some));
    expect(Array.from(features.data)).toEqual(Array.from(selectRows(all.features, some).data));
    const { labels: read } = await classifier.classify(pictures(padded, some).data, 150);
    expect(read.filter((label, i) => label === labels[some[i]]).length).toBeGreaterThan(145);
  });
});

describe('its features', () => {
  it('put real digits near other real digits: recall and precision about 0.9', () => {
    const { precision, recall } = manifoldScores(rowsFrom(0), rowsFrom(2), 3);
    expect(precision).toBeGreaterThan(0.85);
    expect(recall).toBeGreaterThan(0.85);
  });

  it('put digits further away the more noise they have', async () => {
    const clean = pictures(test, everyTenth(2));
    const noise = createStream({ seed: 1, purpose: 'test' }).normals(new Float32Array(clean.data.length));
    const distances = [frechetDistanceOf(rowsFrom(0), rowsFrom(2))];
    for (const std of [0.3, 0.6, 1]) {
      const noisy = clean.data.map((v, i) => Math.max(-1, Math.min(1, v + std * noise[i])));
      distances.push(frechetDistanceOf(rowsFrom(0), (await classifier.extract(tensor(clean.shape, noisy))).features));
    }
    for (let k = 1; k < distances.length; k++) expect(distances[k]).toBeGreaterThan(1.3 * distances[k - 1]);
  });

  it('lose recall, not precision, when only some digits of each class are drawn again and again', () => {
    const ofClass = Array.from({ length: 10 }, (_, c) => everyTenth(2).filter((i) => labels[i] === c));
    const repeated = everyTenth(2).map((i, n) => ofClass[labels[i]][n % 10]);
    const { precision, recall } = manifoldScores(rowsFrom(0), selectRows(all.features, repeated), 3);
    expect(precision).toBeGreaterThan(0.85);
    expect(recall).toBeLessThan(0.2);
  });
});
