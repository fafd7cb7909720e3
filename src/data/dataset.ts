/**
 * What the rest of the system knows of data: numbered examples of one shape, values in [−1, 1], perhaps with a class each.
 * Reading is synchronous and a pure function of the index, so that any batch can be made again at any time.
 */
import { check } from '../core/errors.ts';

/** [channels, height, width] */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface Dataset {
  readonly length: number;
  readonly shape: ImageShape;
  /** Name of class c at position c; absent when the examples have no classes. */
  readonly classNames?: readonly string[];
  /** Writes example `index` into `slot`, channels × height × width values in [−1, 1] (channels outermost). */
  get(index: number, slot: Float32Array): void;
  /** The class of example `index`, or −1 when the data has no classes. */
  label(index: number): number;
}

export const sizeOfImage = ([channels, height, width]: ImageShape): number => channels * height * width;

/** The examples `indices` of another dataset, in that order. Nothing is copied. */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    check(Number.isInteger(index) && index >= 0 && index < dataset.length, 'subset', () => `index ${index} at position ${i} is not in 0 … ${dataset.length - 1}`);
  }
  const at = (i: number): number => {
    check(Number.isInteger(i) && i >= 0 && i < indices.length, 'subset', () => `example ${i} is not in 0 … ${indices.length - 1}`);
    return indices[i];
  };
  return {
    length: indices.length,
    shape: dataset.shape,
    classNames: dataset.classNames,
    get: (i, slot) => dataset.get(at(i), slot),
    label: (i) => dataset.label(at(i)),
  };
}

/** How many examples each class has, in order of class; empty without classes. */
export function classCounts(dataset: Dataset): number[] {
  const counts = Array.from({ length: dataset.classNames?.length ?? 0 }, () => 0);
  if (counts.length) for (let i = 0; i < dataset.length; i++) counts[dataset.label(i)]++;
  return counts;
}
