/**
 * Films of the reverse and of the forward process: one grid a step, all of one size, with a progress bar and a caption, ready for
 * `encodeGif`.
 */
import { check } from '../core/errors.ts';
import { grid, type GridOptions } from './grid.ts';
import type { Picture } from './picture.ts';

export interface FilmStep {
  /** The samples at this step, as pictures of one size. */
  readonly images: readonly Picture[];
  /** For instance `step 3/25  t 0.88  sigma 1.21`. */
  readonly caption: string;
}

/** How long frames stay, in milliseconds. */
export interface FilmTiming {
  readonly step: number;
  readonly first: number;
  readonly last: number;
}

export interface FilmFrame {
  readonly picture: Picture;
  /** Milliseconds */
  readonly delay: number;
}

/**
 * Draws the steps in the order given. The bar grows from the first step (empty) to the last (full), which stays longest.
 * @param options as for `grid`, without what each step has of its own.
 */
export function film(
  steps: readonly FilmStep[],
  options: Omit<GridOptions, 'caption' | 'progress'> = {},
  { step = 80, first = 400, last = 2000 }: Partial<FilmTiming> = {},
): FilmFrame[] {
  check(steps.length > 0, 'film', 'there are no steps to draw');
  const end = steps.length - 1;
  return steps.map(({ images, caption }, i) => ({
    picture: grid(images, { ...options, caption, progress: end ? i / end : 1 }),
    delay: i === end ? last : i === 0 ? first : step,
  }));
}
