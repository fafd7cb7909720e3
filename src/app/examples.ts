/** Examples of a dataset as samples, to be drawn beside those of a model. */
import { check } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { sizeOfImage } from '../data/dataset.ts';
import type { Samples } from './sampling.ts';

/** The first `count` examples of each class asked for (of all without classes), class by class. Throws when a class has fewer. */
export function examplesOf(dataset: Dataset, classes: readonly number[] | undefined, count: number): Samples {
  const size = sizeOfImage(dataset.shape);
  const chosen: number[] = [];
  for (const c of classes ?? [-1]) {
    const before = chosen.length;
    for (let i = 0; i < dataset.length && chosen.length < before + count; i++) if (dataset.label(i) === c || classes === undefined) chosen.push(i);
    check(chosen.length === before + count, 'examples', () => `there are fewer than ${count} examples${classes ? ` of ${dataset.classNames?.[c]}` : ''}`);
  }
  const values = new Float32Array(chosen.length * size);
  chosen.forEach((index, i) => dataset.get(index, values.subarray(i * size, (i + 1) * size)));
  return { values, shape: dataset.shape, count: chosen.length, ...(classes && { classes: Int32Array.from(chosen, (index) => dataset.label(index)) }) };
}
