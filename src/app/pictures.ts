/** Samples as pictures: images as they are, points of the plane as a scatter plot; and grids of them with labels. */
import { check } from '../core/errors.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import { grid, type GridOptions } from '../formats/grid.ts';
import { pictureFromFloat, type Picture } from '../formats/picture.ts';
import { scatter } from './scatter.ts';
import type { Samples } from './sampling.ts';

/** Whether examples of this shape are points of the plane rather than pictures. */
export const isPoint = (shape: Shape): boolean => sizeOf(shape) === 2;

/** One picture a sample. */
export function picturesOf({ values, shape, count }: Samples): Picture[] {
  const size = sizeOf(shape);
  return Array.from({ length: count }, (_, i) => pictureFromFloat(values.subarray(i * size, (i + 1) * size), shape));
}

/**
 * All samples as one picture: a grid with a row a class, where the samples come class by class in equal numbers; a scatter plot coloured by class for
 * points.
 */
export function overview(samples: Samples, classNames: readonly string[] | undefined, options: Pick<GridOptions, 'title' | 'caption' | 'progress' | 'scale'> = {}): Picture {
  check(samples.count > 0, 'overview', 'there are no samples');
  if (isPoint(samples.shape)) return scatter(samples.values, { classes: samples.classes, ...options });
  return grid(picturesOf(samples), { ...rowsOf(samples, classNames), ...options });
}

/** A row a class where the samples are in blocks of one class and equal length; nothing otherwise. */
export function rowsOf({ classes, count }: Pick<Samples, 'classes' | 'count'>, classNames: readonly string[] | undefined): Pick<GridOptions, 'columns' | 'rowLabels'> {
  if (!classes || !classNames) return {};
  const columns = classes.findIndex((c) => c !== classes[0]);
  const each = columns < 0 ? count : columns;
  const rows = count / each;
  if (!Number.isInteger(rows) || classes.some((c, i) => c !== classes[Math.floor(i / each) * each])) return {};
  // One class alone fills a square better than a single row.
  if (rows === 1) return {};
  return { columns: each, rowLabels: Array.from({ length: rows }, (_, row) => classNames[classes[row * each]]) };
}
