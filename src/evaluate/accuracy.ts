/** How often a classifier reads the class that was asked for, in all and by class. */
import { check } from '../core/errors.ts';
import type { Matrix } from './matrix.ts';

export interface Accuracy {
  /** Share of rows whose largest logit is at the asked class. */
  readonly accuracy: number;
  /** The same by class; NaN for a class that was never asked for. */
  readonly byClass: Float64Array;
  /** [asked, read]: counts. */
  readonly confusion: Uint32Array;
}

/** Index of the largest logit of each row; the first of equal ones. */
export function readClasses({ rows, columns, data }: Matrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let j = 1; j < columns; j++) if (data[i * columns + j] > data[i * columns + best]) best = j;
    return best;
  });
}

/** @param logits [n, classes]. @param asked n class indices. Throws when the lengths differ or a class does not exist. */
export function accuracyOf(logits: Matrix, asked: ArrayLike<number>): Accuracy {
  const classes = logits.columns;
  check(asked.length === logits.rows && logits.rows > 0, 'accuracyOf', () => `${logits.rows} rows of logits need as many classes (at least one), but ${asked.length} came`);
  const read = readClasses(logits);
  const confusion = new Uint32Array(classes * classes);
  const counts = new Uint32Array(classes);
  for (let i = 0; i < asked.length; i++) {
    check(Number.isInteger(asked[i]) && asked[i] >= 0 && asked[i] < classes, 'accuracyOf', () => `class ${asked[i]} is not one of the ${classes} that the classifier knows`);
    confusion[asked[i] * classes + read[i]]++;
    counts[asked[i]]++;
  }
  const byClass = Float64Array.from({ length: classes }, (_, c) => confusion[c * classes + c] / counts[c]);
  let right = 0;
  for (let c = 0; c < classes; c++) right += confusion[c * classes + c];
  return { accuracy: right / asked.length, byClass, confusion };
}
