/**
 * Batches as a pure function of (seed, step, batch size): what resuming needs is the number of the step.
 *
 *   example number  n = step·batchSize + j       counts every example ever drawn
 *   epoch           e = ⌊n / length⌋             batches run across the ends of epochs; none is short
 *   index           i = permutation(seed, e)[n mod length]
 *
 * so each epoch visits each example once, in an order of its own. Augmentation draws from the stream (seed, augment, n): what happens
 * to an example does not depend on the batch it is in.
 */
import { check } from '../core/errors.ts';
import { createStream, shuffle, type Seed, type Stream } from '../core/rng.ts';
import { sizeOfImage, type Dataset, type ImageShape } from './dataset.ts';

/** Changes one example in place. All its randomness comes from `stream`. */
export type Augment = (image: Float32Array, shape: ImageShape, stream: Stream) => void;

export interface Batch {
  /** [batch, channels, height, width] in [−1, 1] */
  readonly x0: Float32Array;
  /** [batch]; −1 everywhere when the data has no classes */
  readonly labels: Int32Array;
  /** [batch]: positions in the dataset */
  readonly indices: Uint32Array;
  /** Number n of the batch's first example; example j of the batch is n + j. The index of per-example random streams. */
  readonly firstExample: number;
}

export interface Loader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** Batch `step` = 0, 1, 2, …, in any order. Every call makes new arrays. */
  batch(step: number): Batch;
  /** The epoch (a fraction, for display) reached after `steps` batches. */
  epochAfter(steps: number): number;
}

export interface LoaderOptions {
  readonly seed: Seed;
  readonly batchSize: number;
  /** Applied in this order to every example; they share the example's stream and should use draws of their own. */
  readonly augment?: readonly Augment[];
}

/** Throws on an empty dataset or a batch size below 1. A dataset smaller than a batch is repeated, in a new order each time. */
export function createLoader(dataset: Dataset, { seed, batchSize, augment = [] }: LoaderOptions): Loader {
  check(dataset.length > 0, 'createLoader', 'the dataset has no examples');
  check(Number.isInteger(batchSize) && batchSize > 0, 'createLoader', `batchSize must be a positive integer, got ${batchSize}`);
  const size = sizeOfImage(dataset.shape);
  const orders = new Map<number, Uint32Array>();

  function orderOf(epoch: number): Uint32Array {
    let order = orders.get(epoch);
    if (!order) {
      // Two are enough for steps in order: a batch reaches from one epoch into the next.
      if (orders.size >= 2) orders.delete(orders.keys().next().value!);
      order = shuffle(seed, epoch, dataset.length);
      orders.set(epoch, order);
    }
    return order;
  }

  return {
    dataset,
    batchSize,
    batch(step) {
      const firstExample = step * batchSize;
      check(Number.isInteger(step) && step >= 0 && Number.isSafeInteger(firstExample + batchSize), 'loader', () => `step must be an integer from 0, got ${step}`);
      const x0 = new Float32Array(batchSize * size);
      const labels = new Int32Array(batchSize);
      const indices = new Uint32Array(batchSize);
      for (let j = 0; j < batchSize; j++) {
        const n = firstExample + j;
        const index = orderOf(Math.floor(n / dataset.length))[n % dataset.length];
        const slot = x0.subarray(j * size, (j + 1) * size);
        dataset.get(index, slot);
        if (augment.length) {
          const stream = createStream({ seed, purpose: 'augment', index: n });
          for (const change of augment) change(slot, dataset.shape, stream);
        }
        labels[j] = dataset.label(index);
        indices[j] = index;
      }
      return { x0, labels, indices, firstExample };
    },
    epochAfter: (steps) => (steps * batchSize) / dataset.length,
  };
}

/** Batches of a dataset in its own order, each example once; the last may be short. For evaluation: no shuffling, no augmentation. */
export function* inOrder(dataset: Dataset, batchSize: number): Generator<Batch, void, void> {
  const size = sizeOfImage(dataset.shape);
  for (let start = 0; start < dataset.length; start += batchSize) {
    const count = Math.min(batchSize, dataset.length - start);
    const x0 = new Float32Array(count * size);
    const indices = Uint32Array.from({ length: count }, (_, j) => start + j);
    indices.forEach((index, j) => dataset.get(index, x0.subarray(j * size, (j + 1) * size)));
    yield { x0, labels: Int32Array.from(indices, (index) => dataset.label(index)), indices, firstExample: start };
  }
}
