/**
 * One image file → 8-bit channels, [channels, height, width], by one stated rule (sharp, that is libvips, decodes):
 *
 *   1. Only PNG, JPEG and WebP, told by content, not by name; of an animation the first frame. Damaged or cut-off pixel data is an error.
 *   2. EXIF orientation is applied.
 *   3. An embedded colour profile is converted to sRGB; CMYK without one by libvips's standard CMYK profile.
 *   4. Palettes become RGB; transparency is composited on `background` (white).
 *   5. Resized, then cut from the middle, per `fit`.
 *   6. 16-bit values keep their upper byte (⌊v/256⌋), after resizing.
 *   7. Grey images get three equal channels where 3 are asked for; colour becomes grey by ITU-R BT.601's luma,
 *      ⌊(19595·R + 38470·G + 7471·B)/65536 + ½⌋, which leaves grey as it is (Pillow's convert("L")).
 */
import sharp from 'sharp';
import { check } from '../core/errors.ts';

/** How an image of another size comes to the size asked for. */
export const FITS = {
  /** Scaled to just cover the size, the surplus cut off evenly: nothing is distorted. */
  cover: 'cover',
  /** Scaled in width and height separately. */
  stretch: 'stretch',
  /** Not scaled: the middle is cut out; smaller images are an error. */
  crop: 'crop',
} as const;
export type Fit = keyof typeof FITS;

export interface DecodeOptions {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly fit: Fit;
  /** [red, green, blue], 0 … 255 */
  readonly background: readonly [number, number, number];
}

const FORMATS = ['png', 'jpeg', 'webp'];

/** Decodes the bytes of one file; the result has channels × height × width bytes. Throws an Error that says what is wrong with it. */
export async function decodeImage(bytes: Uint8Array, { height, width, channels, fit, background: [r, g, b] }: DecodeOptions): Promise<Uint8Array> {
  check(bytes.length > 0, 'image', 'the file is empty');
  const image = sharp(bytes, { failOn: 'error', pages: 1 });
  const { format, autoOrient } = await image.metadata();
  check(FORMATS.includes(format), 'image', `the file holds ${format}, not PNG, JPEG or WebP`);
  const upright = image.autoOrient().flatten({ background: { r, g, b } });
  if (fit === 'crop') {
    check(autoOrient.width >= width && autoOrient.height >= height, 'image', `${autoOrient.width}×${autoOrient.height} is smaller than ${width}×${height}; use fit "cover"`);
    upright.extract({ left: (autoOrient.width - width) >> 1, top: (autoOrient.height - height) >> 1, width, height });
  } else {
    upright.resize({ width, height, fit: fit === 'stretch' ? 'fill' : 'cover', position: 'centre' });
  }
  const { data, info } = await upright.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  check(info.width === width && info.height === height && info.channels === 3, 'image', `decoded to ${info.width}×${info.height}×${info.channels} instead of ${width}×${height}×3`);
  const plane = width * height;
  const out = new Uint8Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [red, green, blue] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]];
    if (channels === 1) {
      out[i] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    } else {
      out[i] = red;
      out[plane + i] = green;
      out[2 * plane + i] = blue;
    }
  }
  return out;
}
