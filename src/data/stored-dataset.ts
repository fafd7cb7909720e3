/**
 * Datasets that lie in memory: images as bytes, a quarter of their size as floats, turned into [−1, 1] when read by
 *
 *   x = v/127.5 − 1   (0 → −1, 255 → 1)
 *
 * and float arrays (points, latents) as they are.
 */
import { check } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';
import { sizeOfImage, type Dataset, type ImageShape } from './dataset.ts';

const BYTE_TO_UNIT = Float32Array.from({ length: 256 }, (_, v) => v / 127.5 - 1);

export interface StoredData<A> {
  /** length × channels × height × width values, row-major. Kept, not copied. */
  readonly values: A;
  readonly shape: ImageShape;
  /** One class an example, 0 … classNames.length − 1. */
  readonly labels?: ArrayLike<number>;
  readonly classNames?: readonly string[];
}

function stored(where: string, { values, shape, labels, classNames }: StoredData<Uint8Array | Float32Array>, get: (start: number, slot: Float32Array) => void): Dataset {
  const size = sizeOfImage(shape);
  check(shape.every((d) => Number.isInteger(d) && d > 0), where, () => `shape must be three positive integers, got ${showShape(shape)}`);
  check(values.length % size === 0, where, () => `${values.length} values are no whole number of examples of shape ${showShape(shape)} (${size} values each)`);
  const length = values.length / size;
  check((labels === undefined) === (classNames === undefined), where, 'labels and classNames come together: give both or neither');
  if (labels && classNames) {
    check(labels.length === length, where, `${length} examples but ${labels.length} labels`);
    check(new Set(classNames).size === classNames.length, where, () => `class names must differ: ${classNames.join(', ')}`);
    for (let i = 0; i < length; i++) {
      const label = labels[i];
      check(Number.isInteger(label) && label >= 0 && label < classNames.length, where, () => `example ${i} has class ${label}, but there are ${classNames.length} class names`);
    }
  }
  const inRange = (index: number): number => {
    check(Number.isInteger(index) && index >= 0 && index < length, where, () => `example ${index} is not in 0 … ${length - 1}`);
    return index;
  };
  return {
    length,
    shape,
    classNames,
    get(index, slot) {
      check(slot.length === size, where, () => `the slot must hold ${size} values for shape ${showShape(shape)}, got ${slot.length}`);
      get(inRange(index) * size, slot);
    },
    label: (index) => (labels ? labels[inRange(index)] : -1),
  };
}

/** A dataset out of bytes. Throws when lengths disagree or a label has no class name. */
export const byteDataset = (data: StoredData<Uint8Array>): Dataset =>
  stored('byteDataset', data, (start, slot) => {
    for (let i = 0; i < slot.length; i++) slot[i] = BYTE_TO_UNIT[data.values[start + i]];
  });

/** A dataset out of floats, which should lie about [−1, 1]. Throws likewise. */
export const floatDataset = (data: StoredData<Float32Array>): Dataset =>
  stored('floatDataset', data, (start, slot) => slot.set(data.values.subarray(start, start + slot.length)));
