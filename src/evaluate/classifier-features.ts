/**
 * A trained classifier as a feature extractor: pictures in, the features before its logits and the logits out. Programs have static shapes, so a set
 * is cut into batches of one size and the last is padded; with group norms rows do not see each other, so that changes nothing.
 *
 * Pictures are [channels, height, width] of the classifier's own size, or larger by an even number of rows and columns: then the middle is
 * cut out. That undoes padding by equal borders, such as MNIST's 28×28 padded to 32×32 by two black pixels on every side.
 */
import { check } from '../core/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { showShape } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import type { TrainedClassifier } from '../models/classifier-file.ts';
import { traceClassifier } from '../models/classifier.ts';
import { compileGraph, type CompileGraphOptions } from '../runtime/compile-graph.ts';
import type { Program } from '../runtime/program.ts';
import { readClasses } from './accuracy.ts';
import type { FeatureExtractor } from './features.ts';
import { matrix, type Matrix } from './matrix.ts';

export interface Classification {
  /** [n]: the class of the largest logit. */
  readonly labels: Int32Array;
  /** [n, classes] */
  readonly logits: Matrix;
}

export interface ClassifierExtractor extends FeatureExtractor {
  /** Reads `count` square pictures that lie one after the other, of the classifier's size or larger as said above, values in [−1, 1]. */
  classify(images: Float32Array, count: number): Promise<Classification>;
}

export interface ClassifierExtractorOptions extends CompileGraphOptions {
  /** Pictures a run of the program. */
  readonly batchSize?: number;
}

/** Wraps a classifier; its program is compiled on first use. Idle threads do not spin unless asked to: it mostly waits beside a sampler. */
export function classifierExtractor(trained: TrainedClassifier, { batchSize = 100, spinning = false, ...options }: ClassifierExtractorOptions = {}): ClassifierExtractor {
  const { name, config, classNames, weights } = trained;
  check(Number.isInteger(batchSize) && batchSize >= 1, 'classifierExtractor', `batchSize must be a positive integer, got ${batchSize}`);
  const [channels, height, width] = config.shape;
  const size = channels * height * width;
  const slot = new Float32Array(batchSize * size);
  let compiled: Promise<Program> | undefined;
  let disposed = false;
  let queue: Promise<unknown> = Promise.resolve();

  const program = (): Promise<Program> => (compiled ??= (() => {
    const { features, logits } = traceClassifier(config, batchSize, { kind: 'constants', flat: weights });
    return compileGraph({ features, logits }, { ...options, spinning });
  })());

  async function run(images: Tensor): Promise<{ features: Matrix; logits: Matrix }> {
    check(!disposed, name, 'the extractor was disposed; make another');
    const [count, ...shape] = images.shape;
    check(shape.length === 3 && shape[0] === channels && [height, width].every((side, k) => shape[k + 1] >= side && (shape[k + 1] - side) % 2 === 0), name,
      () => `pictures must be [n, ${channels}, ${height}, ${width}], or larger by an even number of rows and columns, but are ${showShape(images.shape)}`);
    const cut = cropper(shape, config.shape);
    const features = new Float32Array(count * config.featureWidth);
    const logits = new Float32Array(count * config.classes);
    for (let from = 0; from < count; from += batchSize) {
      const rows = Math.min(batchSize, count - from);
      for (let row = 0; row < rows; row++) cut(images.data, from + row, slot.subarray(row * size, (row + 1) * size));
      slot.fill(0, rows * size);
      const results = await (await program()).run({ x: slot });
      features.set((results.features as Float32Array).subarray(0, rows * config.featureWidth), from * config.featureWidth);
      logits.set((results.logits as Float32Array).subarray(0, rows * config.classes), from * config.classes);
    }
    return { features: matrix(count, config.featureWidth, features), logits: matrix(count, config.classes, logits) };
  }
  /** One set after the other: they share the slot. */
  const extract = (images: Tensor): ReturnType<typeof run> => {
    const result = queue.then(() => run(images));
    queue = result.catch(() => undefined);
    return result;
  };

  return {
    name: `${name} ${crc32(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)).toString(16).padStart(8, '0')}`,
    featureWidth: config.featureWidth,
    classNames,
    extract,
    async classify(images, count) {
      const side = Math.sqrt(images.length / (count * channels));
      check(Number.isInteger(count) && count > 0 && Number.isInteger(side), name, () => `${images.length} values are no ${count} square pictures of ${channels} channels`);
      const { logits } = await extract({ dtype: 'float32', shape: [count, channels, side, side], data: images });
      return { labels: readClasses(logits), logits };
    },
    async dispose() {
      disposed = true;
      await queue;
      await (await compiled?.catch(() => undefined))?.dispose();
    },
  };
}

/** Copies the middle of picture `index` into a slot of the smaller shape. */
function cropper([channels, height, width]: readonly number[], [, toHeight, toWidth]: readonly number[]): (images: Float32Array, index: number, slot: Float32Array) => void {
  const top = (height - toHeight) / 2;
  const left = (width - toWidth) / 2;
  return (images, index, slot) => {
    for (let row = 0; row < channels * toHeight; row++) {
      const from = ((index * channels + Math.floor(row / toHeight)) * height + top + (row % toHeight)) * width + left;
      slot.set(images.subarray(from, from + toWidth), row * toWidth);
    }
  };
}
