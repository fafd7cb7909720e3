/**
 * PNG files: 8-bit grey and RGB pictures written with text chunks, bit-identical for identical input; every non-interlaced PNG read.
 * Pure TypeScript over fflate's DEFLATE, so the browser makes the same files as Node.
 * Source: W3C, Portable Network Graphics (PNG) Specification, 3rd edition.
 */
import { zlibSync } from 'fflate';
import { check } from '../core/errors.ts';
import { inflateZlib } from './inflate.ts';
import type { Picture } from './picture.ts';
import { joinPngChunks, pngChunks, type PngChunk } from './png-chunks.ts';
import { filterRows, unfilterRows } from './png-filter.ts';
import { textChunk, textOfChunk } from './png-text.ts';

export { readPngText } from './png-text.ts';

/** Grey is colour type 0, RGB 2. @param text keyword → text, written in the given order before the pixels. */
export function encodePng({ width, height, channels, data }: Picture, text: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  check(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0, 'encodePng', `width and height must be positive integers, got ${width}×${height}`);
  check(data.length === width * height * channels, 'encodePng', `${width}×${height}×${channels} needs ${width * height * channels} bytes, got ${data.length}`);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  return joinPngChunks([
    { type: 'IHDR', data: header },
    ...Object.entries(text).map(([keyword, value]) => textChunk(keyword, value)),
    { type: 'IDAT', data: zlibSync(filterRows(data, width * channels, channels), { level: 9 }) },
    { type: 'IEND', data: new Uint8Array(0) },
  ]);
}

export interface DecodedPng {
  /** Grey stays grey, palettes become RGB; 16-bit values keep their upper byte, smaller ones are scaled to 0 … 255. */
  readonly picture: Picture;
  /** [height, width] opacity where the file has any: an alpha channel, a transparent colour, or a palette with opacities. */
  readonly alpha?: Uint8Array;
  readonly text: ReadonlyMap<string, string>;
}

/** Samples a pixel and allowed bit depths of each colour type. */
const COLOR_TYPES: Readonly<Record<number, { readonly samples: number; readonly depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] }, // grey
  2: { samples: 3, depths: [8, 16] }, // RGB
  3: { samples: 1, depths: [1, 2, 4, 8] }, // palette
  4: { samples: 2, depths: [8, 16] }, // grey, alpha
  6: { samples: 4, depths: [8, 16] }, // RGB, alpha
};

/** The samples of unfiltered rows as whole numbers of `depth` bits. */
function unpackSamples(rows: Uint8Array, height: number, perRow: number, stride: number, depth: number): Uint16Array {
  const out = new Uint16Array(height * perRow);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const at = y * stride + (bit >> 3);
      out[y * perRow + i] = depth === 16 ? (rows[at] << 8) | rows[at + 1] : (rows[at] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
}

/**
 * Decodes a PNG file. The claimed size is checked against the compressed data before anything is allocated.
 * @throws NoisetteError naming `where`: no PNG, cut off, damaged, or interlaced (not supported).
 */
export function decodePng(bytes: Uint8Array, where = 'png'): DecodedPng {
  const text = new Map<string, string>();
  const parts: Uint8Array[] = [];
  const first: Record<string, Uint8Array | undefined> = {};
  for (const chunk of pngChunks(bytes, where)) {
    const entry = textOfChunk(chunk, where);
    if (entry) text.set(...entry);
    else if (chunk.type === 'IDAT') parts.push(chunk.data);
    else first[chunk.type] ??= chunk.data;
  }
  const { width, height, depth, colorType, samples } = parseHeader(first, where);
  const stride = Math.ceil((width * samples * depth) / 8);
  const step = Math.max(1, (samples * depth) >> 3);
  const compressed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (compressed.set(part, at), at + part.length), 0);
  const filtered = inflateZlib(compressed, height * (1 + stride), where);
  const values = unpackSamples(unfilterRows(filtered, height, stride, step, where), height, width * samples, stride, depth);
  return { ...colors(values, { width, height, depth, colorType, samples }, first, where), text };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly samples: number;
}

function parseHeader({ IHDR: data }: Record<string, PngChunk['data'] | undefined>, where: string): Header {
  check(data?.length === 13, where, 'the header chunk IHDR of 13 bytes is missing; the file is damaged');
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [depth, colorType, , , interlaced] = data.subarray(8);
  const kind = COLOR_TYPES[colorType];
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  check(width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31, where, `offset 16: size ${width}×${height} is not valid; the file is damaged`);
  check(kind?.depths.includes(depth), where, `offset 24: colour type ${colorType} with ${depth} bits does not exist; the file is damaged`);
  check(interlaced === 0, where, 'the file is interlaced, which is not supported; save it without interlacing');
  return { width, height, depth, colorType, samples: kind.samples };
}

function colors(values: Uint16Array, { width, height, depth, colorType, samples }: Header, chunks: Record<string, Uint8Array | undefined>, where: string): Omit<DecodedPng, 'text'> {
  const { PLTE: palette, tRNS: transparency } = chunks;
  const count = width * height;
  const channels = colorType === 0 || colorType === 4 ? 1 : 3;
  const data = new Uint8Array(count * channels);
  let alpha: Uint8Array | undefined;
  // Exact: 255/(2^depth − 1) is whole for 1, 2, 4 and 8 bits.
  const scale = depth === 16 ? 1 / 256 : 255 / (2 ** depth - 1);
  if (colorType === 3) {
    check(palette, where, 'the palette chunk PLTE is missing; the file is damaged');
    if (transparency) alpha = new Uint8Array(count).fill(255);
    for (let i = 0; i < count; i++) {
      const entry = values[i];
      check(3 * entry + 2 < palette.length, where, `pixel ${i} uses colour ${entry} of a palette of ${Math.floor(palette.length / 3)}; the file is damaged`);
      for (let c = 0; c < 3; c++) data[3 * i + c] = palette[3 * entry + c];
      if (alpha && transparency && entry < transparency.length) alpha[i] = transparency[entry];
    }
  } else {
    for (let i = 0; i < count; i++) for (let c = 0; c < channels; c++) data[i * channels + c] = values[i * samples + c] * scale;
    if (samples > channels) {
      alpha = new Uint8Array(count);
      for (let i = 0; i < count; i++) alpha[i] = values[i * samples + channels] * scale;
    } else if (transparency && transparency.length === 2 * channels) {
      const key = Array.from({ length: channels }, (_, c) => (transparency[2 * c] << 8) | transparency[2 * c + 1]);
      alpha = Uint8Array.from({ length: count }, (_, i) => (key.every((k, c) => values[i * channels + c] === k) ? 0 : 255));
    }
  }
  return { picture: { width, height, channels, data }, alpha };
}
