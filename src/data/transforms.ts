/**
 * Geometry on one image, [channels, height, width] floats: crop, resize, flip; and the flips and shifts that the loader draws for each
 * example. Pixels are squares: pixel i covers [i, i + 1), and sizes map edge to edge ("half-pixel centres").
 */
import { check } from '../core/errors.ts';
import type { ImageShape } from './dataset.ts';
import type { Augment } from './loader.ts';

export interface Image {
  readonly data: Float32Array;
  readonly shape: ImageShape;
}

/** The middle height × width part; of an odd surplus the larger half is cut at the bottom and right. */
export function centerCrop({ data, shape: [channels, height, width] }: Image, cropHeight: number, cropWidth: number): Image {
  check(cropHeight <= height && cropWidth <= width && cropHeight > 0 && cropWidth > 0, 'centerCrop', `cannot cut ${cropHeight}×${cropWidth} out of ${height}×${width}`);
  const top = (height - cropHeight) >> 1;
  const left = (width - cropWidth) >> 1;
  const out = new Float32Array(channels * cropHeight * cropWidth);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < cropHeight; y++) {
      const from = (c * height + top + y) * width + left;
      out.set(data.subarray(from, from + cropWidth), (c * cropHeight + y) * cropWidth);
    }
  }
  return { data: out, shape: [channels, cropHeight, cropWidth] };
}

/** Which source pixels, and with what weights (sum 1), make each target pixel along one axis. */
type Weights = readonly { readonly first: number; readonly weights: readonly number[] }[];

/** Box filter: the share of each source pixel that the target pixel covers. */
function areaWeights(from: number, to: number): Weights {
  const ratio = from / to;
  return Array.from({ length: to }, (_, i) => {
    const start = i * ratio;
    const end = (i + 1) * ratio;
    const first = Math.min(from - 1, Math.floor(start));
    const last = Math.min(from, Math.max(first + 1, Math.ceil(end - 1e-9)));
    const cover = Array.from({ length: last - first }, (_, k) => Math.min(end, first + k + 1) - Math.max(start, first + k));
    const total = cover.reduce((sum, w) => sum + w, 0);
    return { first, weights: cover.map((w) => w / total) };
  });
}

/** Two neighbours by distance; at the edge the outermost pixel is repeated. */
function bilinearWeights(from: number, to: number): Weights {
  return Array.from({ length: to }, (_, i) => {
    const center = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.min(Math.floor(center), Math.max(0, from - 2));
    const far = center - first;
    return { first, weights: from === 1 ? [1] : [1 - far, far] };
  });
}

function resample(data: Float32Array, outer: number, from: number, inner: number, axis: Weights): Float32Array {
  const out = new Float32Array(outer * axis.length * inner);
  for (let o = 0; o < outer; o++) {
    axis.forEach(({ first, weights }, i) => {
      for (let x = 0; x < inner; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * data[(o * from + first + k) * inner + x];
        out[(o * axis.length + i) * inner + x] = sum;
      }
    });
  }
  return out;
}

/**
 * To height × width: along each axis the mean over the area covered where it shrinks, bilinear where it grows. Shrinking so never
 * aliases, and a whole factor gives plain block means.
 */
export function resize({ data, shape: [channels, height, width] }: Image, toHeight: number, toWidth: number): Image {
  check(Number.isInteger(toHeight) && Number.isInteger(toWidth) && toHeight > 0 && toWidth > 0, 'resize', `sizes must be positive integers, got ${toHeight}×${toWidth}`);
  const weights = (from: number, to: number): Weights => (to < from ? areaWeights(from, to) : bilinearWeights(from, to));
  let out = data;
  if (toHeight !== height) out = resample(out, channels, height, width, weights(height, toHeight));
  if (toWidth !== width) out = resample(out, channels * toHeight, width, 1, weights(width, toWidth));
  return { data: out === data ? data.slice() : out, shape: [channels, toHeight, toWidth] };
}

/** Scales so that the image just covers height × width, then cuts the middle out: nothing is distorted, the longer side loses its ends. */
export function cover(image: Image, toHeight: number, toWidth: number): Image {
  const [, height, width] = image.shape;
  const scale = Math.max(toHeight / height, toWidth / width);
  const scaled = resize(image, Math.max(toHeight, Math.round(height * scale)), Math.max(toWidth, Math.round(width * scale)));
  return centerCrop(scaled, toHeight, toWidth);
}

/** Mirrors left and right, in place. */
export function flipHorizontal(data: Float32Array, [channels, height, width]: ImageShape): void {
  for (let row = 0; row < channels * height; row++) data.subarray(row * width, (row + 1) * width).reverse();
}

// Augmentations share an example's stream; each has a draw of its own.
const FLIP_DRAW = 0;
const SHIFT_DRAW = 1;

/** Mirrors an example with this probability. */
export const randomFlip = (probability = 0.5): Augment => {
  check(probability >= 0 && probability <= 1, 'randomFlip', `probability must be in [0, 1], got ${probability}`);
  return (image, shape, stream) => {
    if (stream.uniform(FLIP_DRAW) < probability) flipHorizontal(image, shape);
  };
};

/** Moves an example by up to `pixels` in each direction; what comes in is `fill` (−1: black). */
export const randomShift = (pixels: number, fill = -1): Augment => {
  check(Number.isInteger(pixels) && pixels >= 0, 'randomShift', `pixels must be an integer from 0, got ${pixels}`);
  return (image, [channels, height, width], stream) => {
    const [dy, dx] = stream.integers(new Int32Array(2), 2 * pixels + 1, SHIFT_DRAW).map((n) => n - pixels);
    const before = image.slice();
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [sy, sx] = [y - dy, x - dx];
          const isInside = sy >= 0 && sy < height && sx >= 0 && sx < width;
          image[(c * height + y) * width + x] = isInside ? before[(c * height + sy) * width + sx] : fill;
        }
      }
    }
  };
};
