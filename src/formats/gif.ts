/**
 * Animated GIF files (gifenc does the LZW coding). A GIF frame has at most 256 colours; one palette serves all frames (256 stands for the
 * number asked for):
 *
 *   1. grey pictures: 256 even greys, so all of them, exact;
 *   2. at most 256 different colours in all frames together: exactly those;
 *   3. grey pictures with a few other colours (labels, bars): those colours exactly, and the greys in as many even steps as are left;
 *   4. else 256 colours by pairwise nearest-neighbour clustering of pixels from all frames, each pixel to the nearest in RGB.
 *
 * Source of the format: CompuServe, Graphics Interchange Format, version 89a.
 */
import * as gifencModule from 'gifenc';
import type { Gifenc } from 'gifenc';
import { check } from '../core/errors.ts';
import type { Picture } from './picture.ts';

// Node sees gifenc's CommonJS build (everything under `default`), bundlers its ES module.
const gifenc = (gifencModule.GIFEncoder && gifencModule.quantize ? gifencModule : gifencModule.default) as Gifenc;

export interface GifFrame {
  readonly picture: Picture;
  /** Milliseconds; GIF counts in hundredths of a second. Default: 100. */
  readonly delay?: number;
}

export interface GifOptions {
  /** How often the film plays; 0, the default: for ever. */
  readonly loop?: number;
  /** Size of the palette, 2 to 256 (the default). Fewer make files of noise, which hardly compresses, smaller. */
  readonly colors?: number;
}

interface Palette {
  readonly colors: number[][];
  /** 24-bit colour → position in colors. */
  readonly indexOf: (color: number) => number;
}

/** Pixels that the clustering looks at: it sorts them by 5-6-5 bits, so more add nothing. */
const MAX_QUANTIZED_PIXELS = 2 ** 19;

const split = (color: number): number[] => [color >> 16, (color >> 8) & 255, color & 255];
const isGrey = (color: number): boolean => color >> 16 === (color & 255) && ((color >> 8) & 255) === (color & 255);
const evenGreys = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.round((255 * i) / (count - 1)) * 0x010101);

const colorAt = ({ channels, data }: Picture, pixel: number): number =>
  channels === 1 ? data[pixel] * 0x010101 : (data[3 * pixel] << 16) | (data[3 * pixel + 1] << 8) | data[3 * pixel + 2];

/** Pixels are mapped to the nearest of the colours; answers are remembered, as films repeat their colours. */
function nearestIn(colors: readonly number[]): Palette {
  const parts = colors.map(split);
  const known = new Map(colors.map((color, i) => [color, i]));
  const indexOf = (color: number): number => {
    let best = known.get(color);
    if (best === undefined) {
      const [red, green, blue] = split(color);
      let least = Infinity;
      best = 0;
      for (let i = 0; i < parts.length; i++) {
        const distance = (parts[i][0] - red) ** 2 + (parts[i][1] - green) ** 2 + (parts[i][2] - blue) ** 2;
        if (distance < least) {
          least = distance;
          best = i;
        }
      }
      known.set(color, best);
    }
    return best;
  };
  return { colors: parts, indexOf };
}

function choosePalette(pictures: readonly Picture[], size: number): Palette {
  if (pictures.every(({ channels }) => channels === 1)) return nearestIn(evenGreys(size));
  // More accents than this, and the greys would become visibly coarse.
  const maxAccents = size >> 2;
  const seen = new Set<number>();
  const accents = new Set<number>();
  for (const picture of pictures) {
    for (let i = 0; i < picture.width * picture.height; i++) {
      const color = colorAt(picture, i);
      if (seen.has(color)) continue;
      seen.add(color);
      if (!isGrey(color)) accents.add(color);
    }
    if (accents.size > maxAccents && seen.size > size) break;
  }
  const ascending = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);
  if (seen.size <= size) return nearestIn(ascending(seen));
  if (accents.size <= maxAccents) return nearestIn([...ascending(accents), ...evenGreys(size - accents.size)]);

  const total = pictures.reduce((sum, { width, height }) => sum + width * height, 0);
  // An odd stride does not keep to the same columns of pictures with an even width.
  const stride = Math.ceil(total / MAX_QUANTIZED_PIXELS) | 1;
  const rgba = new Uint8Array(4 * Math.ceil(total / stride));
  let pixel = 0;
  let at = 0;
  for (const picture of pictures) {
    const count = picture.width * picture.height;
    for (; pixel < count; pixel += stride, at += 4) rgba.set([...split(colorAt(picture, pixel)), 255], at);
    pixel -= count;
  }
  const clustered = gifenc.quantize(rgba.subarray(0, at), size).map(([red, green, blue]) => (red << 16) | (green << 8) | blue);
  return nearestIn([...new Set(clustered)]);
}

/**
 * Encodes frames of one size as an animated GIF. Same input, same bytes.
 * @throws NoisetteError on no frames, sizes that differ or do not fit in 16 bits, negative delays or loops.
 */
export function encodeGif(frames: readonly GifFrame[], { loop = 0, colors: size = 256 }: GifOptions = {}): Uint8Array<ArrayBuffer> {
  check(frames.length > 0, 'encodeGif', 'there are no frames');
  const { width, height } = frames[0].picture;
  check(width > 0 && height > 0 && width < 65536 && height < 65536, 'encodeGif', `a GIF is at most 65535 pixels wide and high, got ${width}×${height}`);
  check(Number.isInteger(loop) && loop >= 0 && loop <= 65536, 'encodeGif', `loop must be 0 (for ever) or how often the film plays, got ${loop}`);
  check(Number.isInteger(size) && size >= 2 && size <= 256, 'encodeGif', `colors must be an integer from 2 to 256, got ${size}`);
  frames.forEach(({ picture, delay = 100 }, i) => {
    check(picture.width === width && picture.height === height, 'encodeGif', () => `frame ${i} is ${picture.width}×${picture.height} but the first is ${width}×${height}`);
    check(delay >= 0 && delay <= 655_350, 'encodeGif', `frame ${i}: delay must be 0 to 655350 milliseconds, got ${delay}`);
  });
  const { colors, indexOf } = choosePalette(frames.map(({ picture }) => picture), size);
  const stream = gifenc.GIFEncoder();
  // The file counts repetitions after the first showing; gifenc leaves the count out at −1.
  const repeat = loop === 0 ? 0 : loop === 1 ? -1 : loop - 1;
  frames.forEach(({ picture, delay = 100 }, i) => {
    const index = new Uint8Array(width * height);
    for (let p = 0; p < index.length; p++) index[p] = indexOf(colorAt(picture, p));
    stream.writeFrame(index, width, height, { palette: i === 0 ? colors : undefined, delay, repeat });
  });
  stream.finish();
  return stream.bytes();
}
