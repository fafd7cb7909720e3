/**
 * MNIST (LeCun, Cortes, Burges: 60,000 training and 10,000 test images of handwritten digits, 28×28, grey) and the datasets that share
 * its files' names and layout: Fashion-MNIST, KMNIST, QMNIST, EMNIST. Bytes in, dataset out; folders are read by `mnist-node.ts`.
 */
import { check } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { readIdx } from '../formats/idx.ts';
import type { Dataset } from './dataset.ts';
import { byteDataset } from './stored-dataset.ts';

/** Names of each part's files, without `.gz`; some distributions have a dot for the second dash. */
export const MNIST_FILES = {
  train: { images: ['train-images-idx3-ubyte', 'train-images.idx3-ubyte'], labels: ['train-labels-idx1-ubyte', 'train-labels.idx1-ubyte'] },
  test: { images: ['t10k-images-idx3-ubyte', 't10k-images.idx3-ubyte'], labels: ['t10k-labels-idx1-ubyte', 't10k-labels.idx1-ubyte'] },
} as const;
export type MnistPart = keyof typeof MNIST_FILES;

export interface MnistOptions {
  /** Side of the square images made: the stored size, or a larger one to which they are padded with black evenly on all sides (32 halves five times). */
  readonly size?: number;
  /** Default: the digits '0' … '9'. */
  readonly classNames?: readonly string[];
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * A dataset of shape [1, size, size] out of two IDX files, gzipped or not.
 * @param names what errors call the two files.
 * @throws NoisetteError on files that are no images and labels, that disagree in length, or labels without a class name.
 */
export function mnistFromIdx(
  imageFile: Uint8Array<ArrayBuffer>,
  labelFile: Uint8Array<ArrayBuffer>,
  { size, classNames = DIGITS }: MnistOptions = {},
  names: { readonly images: string; readonly labels: string } = { images: 'images', labels: 'labels' },
): Dataset {
  const images = readIdx(imageFile, names.images);
  const labels = readIdx(labelFile, names.labels);
  check(images.type === 'uint8' && images.shape.length === 3, names.images, () => `must hold uint8 [count, height, width], got ${images.type} ${showShape(images.shape)}`);
  check(labels.type === 'uint8' && labels.shape.length === 1, names.labels, () => `must hold uint8 [count], got ${labels.type} ${showShape(labels.shape)}`);
  const [count, height, width] = images.shape;
  check(labels.shape[0] === count, names.labels, () => `has ${labels.shape[0]} labels but ${names.images} has ${count} images; do they belong together?`);
  const side = size ?? Math.max(height, width);
  check(Number.isInteger(side) && side >= height && side >= width, 'mnist', `size must be at least ${Math.max(height, width)}, the size of the images, got ${size}`);
  const values = side === height && side === width ? images.data : padded(images.data, count, height, width, side);
  return byteDataset({ values, shape: [1, side, side], labels: labels.data, classNames });
}

function padded(source: Uint8Array, count: number, height: number, width: number, side: number): Uint8Array {
  const out = new Uint8Array(count * side * side);
  const top = (side - height) >> 1;
  const left = (side - width) >> 1;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      const from = (n * height + y) * width;
      out.set(source.subarray(from, from + width), (n * side + top + y) * side + left);
    }
  }
  return out;
}
