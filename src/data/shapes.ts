/**
 * Images drawn by formula: one disc, square or triangle each, of random place, size, turn and colour on a random background. Classes are
 * known, edges are soft, any size and one or three channels: image data for tests and first steps that needs no download.
 *
 * The ink covers a pixel by clamp(½ − d, 0, 1), d the signed distance in pixels from the pixel's centre to the shape's edge. For a convex
 * polygon d is taken as the largest distance to a side's line, exact inside and beside the sides.
 * Image i is a function of (seed, i, size, channels), bit for bit.
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import type { Dataset } from './dataset.ts';
import { byteDataset } from './stored-dataset.ts';
import { turn } from './turn.ts';

export const SHAPE_NAMES = ['disc', 'square', 'triangle'] as const;

export interface ShapesOptions {
  readonly seed: Seed;
  /** Number of images. */
  readonly length: number;
  /** Width and height in pixels, at least 8. Default: 32. */
  readonly size?: number;
  /** Default: 3. */
  readonly channels?: 1 | 3;
}

/** Distance from the centre to the sides of a regular polygon that has about the area of a disc of radius 1. */
const SIDES = [
  { sides: 0, apothem: 1 },
  { sides: 4, apothem: 0.886 }, // √π/2
  { sides: 3, apothem: 0.778 }, // √(π/(3√3))
] as const;

function draw(pixels: Uint8Array, c: number, size: number, channels: number, random: Float64Array): void {
  const [ur, ux, uy, uTurn] = random;
  const radius = size * (0.16 + 0.12 * ur);
  // The corners of the triangle reach 2·0.778 radii out: it always fits.
  const room = size - 2 * 1.56 * radius;
  const [cx, cy] = [1.56 * radius + ux * room, 1.56 * radius + uy * room];
  const { sides, apothem } = SIDES[c];
  const normals = Array.from({ length: sides }, (_, k) => turn((k + uTurn) / sides));
  // Ink and paper differ by at least 0.4 in every channel: dark on light or light on dark.
  const lightInk = random[4] < 0.5;
  const level = (u: number, isLight: boolean): number => 255 * (isLight ? 0.7 + 0.3 * u : 0.3 * u);
  const ink = Array.from({ length: channels }, (_, k) => level(random[5 + k], lightInk));
  const paper = Array.from({ length: channels }, (_, k) => level(random[8 + k], !lightInk));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = x + 0.5 - cx;
      const dy = y + 0.5 - cy;
      let distance = sides ? -Infinity : Math.sqrt(dx * dx + dy * dy) - radius;
      for (const [nx, ny] of normals) distance = Math.max(distance, nx * dx + ny * dy - apothem * radius);
      const cover = Math.min(1, Math.max(0, 0.5 - distance));
      for (let k = 0; k < channels; k++) pixels[(k * size + y) * size + x] = Math.floor(paper[k] + cover * (ink[k] - paper[k]) + 0.5);
    }
  }
}

/** A dataset of shape [channels, size, size]; the classes are equally frequent (i mod 3), the order is of no consequence. */
export function shapesDataset({ seed, length, size = 32, channels = 3 }: ShapesOptions): Dataset {
  check(Number.isInteger(length) && length >= 0, 'shapesDataset', `length must be an integer from 0, got ${length}`);
  check(Number.isInteger(size) && size >= 8, 'shapesDataset', `size must be an integer from 8, got ${size}`);
  check(channels === 1 || channels === 3, 'shapesDataset', `channels must be 1 or 3, got ${channels as number}`);
  const each = channels * size * size;
  const values = new Uint8Array(length * each);
  const labels = new Uint8Array(length);
  const random = new Float64Array(11);
  for (let i = 0; i < length; i++) {
    labels[i] = i % SHAPE_NAMES.length;
    createStream({ seed, purpose: 'data', index: i }).uniforms(random);
    draw(values.subarray(i * each, (i + 1) * each), labels[i], size, channels, random);
  }
  return byteDataset({ values, shape: [channels, size, size], labels, classNames: SHAPE_NAMES });
}
