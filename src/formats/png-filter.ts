/**
 * PNG's row filters. Each row is stored as differences to a prediction from the bytes a (left), b (above), c (above left):
 *
 *   0: none   1: a   2: b   3: ⌊(a + b)/2⌋   4: Paeth, whichever of a, b, c is nearest to a + b − c
 *
 * The filter of a row is the one with the smallest sum of absolute signed differences, the heuristic that the specification recommends.
 * Source: W3C, PNG Specification, 3rd edition, §9 and §12.7.
 */
import { check } from '../core/errors.ts';

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const pa = Math.abs(p - a);
  const pb = Math.abs(p - b);
  const pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

function predict(type: number, a: number, b: number, c: number): number {
  switch (type) {
    case 1: return a;
    case 2: return b;
    case 3: return (a + b) >> 1;
    case 4: return paeth(a, b, c);
    default: return 0;
  }
}

/** Rows of `stride` bytes → rows of 1 + stride filtered bytes. `step`: bytes per pixel, at least 1. */
export function filterRows(pixels: Uint8Array, stride: number, step: number): Uint8Array {
  const rows = stride ? pixels.length / stride : 0;
  const out = new Uint8Array(rows * (1 + stride));
  const trial = new Uint8Array(stride);
  for (let y = 0; y < rows; y++) {
    const row = y * stride;
    const target = y * (1 + stride);
    let best = Infinity;
    for (let type = 0; type < 5; type++) {
      let cost = 0;
      for (let i = 0; i < stride && cost < best; i++) {
        const a = i >= step ? pixels[row + i - step] : 0;
        const b = y ? pixels[row + i - stride] : 0;
        const c = y && i >= step ? pixels[row + i - stride - step] : 0;
        const difference = (pixels[row + i] - predict(type, a, b, c)) & 255;
        trial[i] = difference;
        cost += difference < 128 ? difference : 256 - difference;
      }
      if (cost >= best) continue;
      best = cost;
      out[target] = type;
      out.set(trial, target + 1);
    }
  }
  return out;
}

/** The inverse. Throws on an unknown filter type. */
export function unfilterRows(filtered: Uint8Array, rows: number, stride: number, step: number, where: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(rows * stride);
  for (let y = 0; y < rows; y++) {
    const row = y * stride;
    const source = y * (1 + stride);
    const type = filtered[source];
    check(type <= 4, where, `row ${y} has filter ${type}, but there are only 0 to 4; the file is damaged`);
    for (let i = 0; i < stride; i++) {
      const a = i >= step ? out[row + i - step] : 0;
      const b = y ? out[row + i - stride] : 0;
      const c = y && i >= step ? out[row + i - stride - step] : 0;
      out[row + i] = filtered[source + 1 + i] + predict(type, a, b, c);
    }
  }
  return out;
}
