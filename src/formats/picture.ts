/**
 * Finished pictures: 8-bit grey or RGB pixels, and the one rule by which model output becomes pixels:
 *
 *   v = clamp(⌊127.5·(x + 1) + ½⌋, 0, 255)      x = −1 → 0, x = 1 → 255, halves round up, NaN → 0
 *
 * It inverts x = v/127.5 − 1 exactly.
 */
import { check } from '../core/errors.ts';
import { showShape } from '../core/shape.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: grey. 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 … 255 */
  readonly data: Uint8Array<ArrayBuffer>;
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** One value by the rule above. */
export const toByte = (x: number): number => (x >= 1 ? 255 : x > -1 ? Math.floor(127.5 * (x + 1) + 0.5) : 0);

/**
 * Model output, [channels, height, width] in [−1, 1] (values outside are clamped), as a picture.
 * Throws unless there are 1 or 3 channels and the values fill the shape.
 */
export function pictureFromFloat(values: Float32Array, shape: readonly number[]): Picture {
  const [channels, height, width] = shape;
  check(shape.length === 3 && (channels === 1 || channels === 3), 'pictureFromFloat', () => `shape must be [1 or 3, height, width], got ${showShape(shape)}`);
  check(values.length === channels * height * width, 'pictureFromFloat', () => `shape ${showShape(shape)} needs ${channels * height * width} values, got ${values.length}`);
  const data = new Uint8Array(values.length);
  const plane = height * width;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) data[i * channels + c] = toByte(values[c * plane + i]);
  }
  return { width, height, channels, data };
}

/** Each pixel as a factor × factor square. */
export function enlarge(picture: Picture, factor: number): Picture {
  check(Number.isInteger(factor) && factor >= 1, 'enlarge', `factor must be a positive integer, got ${factor}`);
  if (factor === 1) return picture;
  const { width, height, channels, data } = picture;
  const row = width * factor * channels;
  const out = new Uint8Array(row * height * factor);
  for (let y = 0; y < height; y++) {
    const start = y * factor * row;
    for (let x = 0, at = start; x < width; x++) {
      for (let k = 0; k < factor; k++) for (let c = 0; c < channels; c++) out[at++] = data[(y * width + x) * channels + c];
    }
    for (let k = 1; k < factor; k++) out.copyWithin(start + k * row, start, start + row);
  }
  return { width: width * factor, height: height * factor, channels, data: out };
}

/** An RGB canvas of one colour. */
export function canvas(width: number, height: number, [red, green, blue]: Rgb): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red;
    data[i + 1] = green;
    data[i + 2] = blue;
  }
  return { width, height, channels: 3, data };
}

/** Copies a grey or RGB picture onto an RGB canvas at (left, top); it must fit. */
export function place(target: Picture, picture: Picture, left: number, top: number): void {
  check(
    left >= 0 && top >= 0 && left + picture.width <= target.width && top + picture.height <= target.height,
    'place',
    () => `a picture of ${picture.width}×${picture.height} at (${left}, ${top}) does not fit a canvas of ${target.width}×${target.height}`,
  );
  for (let y = 0; y < picture.height; y++) {
    let at = ((top + y) * target.width + left) * 3;
    if (picture.channels === 3) {
      target.data.set(picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3), at);
      continue;
    }
    for (let x = 0; x < picture.width; x++) {
      const v = picture.data[y * picture.width + x];
      target.data[at++] = v;
      target.data[at++] = v;
      target.data[at++] = v;
    }
  }
}

/** Fills a rectangle of an RGB canvas, cut off at its edges. */
export function fillRectangle(target: Picture, left: number, top: number, width: number, height: number, color: Rgb): void {
  for (let y = Math.max(0, top); y < Math.min(target.height, top + height); y++) {
    for (let x = Math.max(0, left); x < Math.min(target.width, left + width); x++) target.data.set(color, (y * target.width + x) * 3);
  }
}
