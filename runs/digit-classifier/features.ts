/**
 * What distances in the classifier's features see: 1,000 real test digits against 1,000 others, as they are and spoilt in known ways. Prints the
 * table of README.md.
 */
import { createStream } from '../../src/core/rng.ts';
import { tensor } from '../../src/core/tensor.ts';
import { mnistDataFolder } from '../../src/data/mnist-data-node.ts';
import { loadMnist } from '../../src/data/mnist-node.ts';
import { accuracyOf } from '../../src/evaluate/accuracy.ts';
import { loadDigitClassifier } from '../../src/evaluate/digit-classifier-node.ts';
import { frechetDistanceOf } from '../../src/evaluate/frechet.ts';
import { manifoldScores } from '../../src/evaluate/precision-recall.ts';

const COUNT = 1000;
const SIZE = 784;
const classifier = await loadDigitClassifier(process.argv[2] ?? 'models/digit-classifier.safetensors', { device: 'cpu' });
const test = await loadMnist(mnistDataFolder(), 'test');

/** Every tenth digit from `start`, so that a set holds both of MNIST's groups of writers. */
function digits(start: number): { pictures: Float32Array; labels: Int32Array } {
  const pictures = new Float32Array(COUNT * SIZE);
  const labels = new Int32Array(COUNT);
  for (let n = 0; n < COUNT; n++) {
    test.get(start + 10 * n, pictures.subarray(n * SIZE, (n + 1) * SIZE));
    labels[n] = test.label(start + 10 * n);
  }
  return { pictures, labels };
}
const reference = digits(0);
const others = digits(2);
const picture = (n: number): Float32Array => others.pictures.subarray(n * SIZE, (n + 1) * SIZE);
const ofClass = Array.from({ length: 10 }, (_, c) => Array.from(others.labels.keys()).filter((n) => others.labels[n] === c));
const means = ofClass.map((members) => Float32Array.from({ length: SIZE }, (_, p) => members.reduce((sum, n) => sum + picture(n)[p], 0) / members.length));
const distanceToMean = (n: number): number => picture(n).reduce((sum, v, p) => sum + (v - means[others.labels[n]][p]) ** 2, 0);

type Change = (image: Float32Array, n: number) => Float32Array;
const at = (image: Float32Array, y: number, x: number): number => (x < 0 || x > 27 || y < 0 || y > 27 ? -1 : image[y * 28 + x]);
const moved = (value: (y: number, x: number) => number): Float32Array => Float32Array.from({ length: SIZE }, (_, p) => value(Math.floor(p / 28), p % 28));
const noise = (std: number): Change => (image, n) => {
  const z = createStream({ seed: 1, purpose: 'test', index: n }).normals(new Float32Array(SIZE));
  return image.map((v, p) => Math.max(-1, Math.min(1, v + std * z[p])));
};
const blur: Change = (image) => moved((y, x) => [-1, 0, 1].reduce((sum, dy) => sum + at(image, y + dy, x - 1) + at(image, y + dy, x) + at(image, y + dy, x + 1), 0) / 9);
const shift = (pixels: number): Change => (image) => moved((y, x) => at(image, y, x - pixels));
const towardsMean = (share: number): Change => (image, n) => image.map((v, p) => v + share * (means[others.labels[n]][p] - v));
/** The digits of `list(class)` again and again. */
const repeated = (list: (members: number[]) => number[]): Change => {
  const lists = ofClass.map(list);
  return (_, n) => picture(lists[others.labels[n]][n % lists[others.labels[n]].length]);
};
const typical = (members: number[]): number[] => members.toSorted((a, b) => distanceToMean(a) - distanceToMean(b)).slice(0, Math.ceil(members.length / 2));

const CASES: readonly (readonly [string, Change])[] = [
  ['as they are', (image) => image],
  ['noise, std 0.1', noise(0.1)], ['noise, std 0.3', noise(0.3)], ['noise, std 0.6', noise(0.6)],
  ['blurred by 3×3', blur], ['shifted by 1', shift(1)], ['shifted by 2', shift(2)], ['shifted by 4', shift(4)],
  ['30 digits a class, repeated', repeated((members) => members.slice(0, 30))], ['10 digits a class, repeated', repeated((members) => members.slice(0, 10))],
  ['the more typical half, repeated', repeated(typical)],
  ['3/10 of the way to the mean of the class', towardsMean(0.3)], ['the mean of the class', towardsMean(1)],
];

const extract = (pictures: Float32Array) => classifier.extract(tensor([COUNT, 1, 28, 28], pictures));
const real = await extract(reference.pictures);
console.log(`${classifier.name}, ${classifier.featureWidth} features\n\n| the other 1,000 | accuracy | FID | precision | recall |\n|---|---|---|---|---|`);
for (const [name, change] of CASES) {
  const pictures = new Float32Array(COUNT * SIZE);
  for (let n = 0; n < COUNT; n++) pictures.set(change(picture(n), n), n * SIZE);
  const { features, logits } = await extract(pictures);
  const { precision, recall } = manifoldScores(real.features, features, 3);
  console.log(`| ${name} | ${accuracyOf(logits, others.labels).accuracy.toFixed(3)} | ${frechetDistanceOf(real.features, features).toFixed(2)} | ${precision.toFixed(2)} | ${recall.toFixed(2)} |`);
}
await classifier.dispose();
