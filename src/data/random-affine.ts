/**
 * Augmentation by a random affine map about the middle of the picture. The pixel at offset p from the middle is read from offset A⁻¹(p − t) of the
 * original, bilinearly, where
 *
 *   A = R(θ) · [[1, k], [0, 1]] · diag(s_x, s_y)      rotation · shear · scale
 *
 * θ, k and t are uniform between ± their ranges; s = 1 + u·scale for u ≥ 0 and 1/(1 − u·scale) for u < 0, u uniform in [−1, 1): growing and
 * shrinking are equally likely. What lies outside the original is `fill`. All arithmetic is portable: the same seed gives the same picture in
 * every JavaScript engine.
 */
import { check } from '../core/errors.ts';
import type { Augment } from './loader.ts';
import { turn } from './turn.ts';

export interface AffineRanges {
  /** Largest angle, in degrees. */
  readonly rotate?: number;
  /** Largest shear k. */
  readonly shear?: number;
  /** Largest relative change of each side's length, on top of 1: 0.1 is from 1/1.1 to 1.1. */
  readonly scale?: number;
  /** Largest shift in each direction, in pixels. */
  readonly shift?: number;
  /** What comes in from outside: −1 is black. */
  readonly fill?: number;
}

/** Draw of the example's stream that this takes; those of the other augmentations are smaller. */
const AFFINE_DRAW = 2;

/** Makes the augmentation. Throws on ranges below 0 and on shears of 1 or more. */
export function randomAffine({ rotate = 0, shear = 0, scale = 0, shift = 0, fill = -1 }: AffineRanges): Augment {
  for (const [name, value] of Object.entries({ rotate, shear, scale, shift })) check(Number.isFinite(value) && value >= 0, 'randomAffine', `${name} must be a number from 0, got ${value}`);
  check(shear < 1, 'randomAffine', `shear must be below 1, got ${shear}`);
  const draws = new Float64Array(6);
  const factor = (u: number): number => (u >= 0 ? 1 + u * scale : 1 / (1 - u * scale));

  return (image, [channels, height, width], stream) => {
    const [angle, skew, sx, sy, tx, ty] = stream.uniforms(draws, AFFINE_DRAW).map((u) => 2 * u - 1);
    const [cosine, sine] = turn((angle * rotate) / 360);
    const k = skew * shear;
    const [ix, iy] = [1 / factor(sx), 1 / factor(sy)];
    // A⁻¹ = diag(1/s) · [[1, −k], [0, 1]] · R(−θ)
    const xx = ix * (cosine + k * sine);
    const xy = ix * (sine - k * cosine);
    const yx = -iy * sine;
    const yy = iy * cosine;
    const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
    const before = image.slice();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const px = x - middleX - tx * shift;
        const py = y - middleY - ty * shift;
        const sourceX = xx * px + xy * py + middleX;
        const sourceY = yx * px + yy * py + middleY;
        const left = Math.floor(sourceX);
        const top = Math.floor(sourceY);
        const fx = sourceX - left;
        const fy = sourceY - top;
        const weights = [(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx];
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let corner = 0; corner < 4; corner++) {
            const row = top + (corner >> 1);
            const column = left + (corner & 1);
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            sum += weights[corner] * (isInside ? before[(c * height + row) * width + column] : fill);
          }
          image[(c * height + y) * width + x] = sum;
        }
      }
    }
  };
}
