/**
 * Changing the resolution of [batch, channels, height, width]. Nearest upsampling by whole factors and summing over blocks are each
 * other's adjoints. Every other linear resampling is separable, y = R_h x R_wᵀ with constant matrices, so matmul carries its gradient.
 */
import { check } from '../../core/errors.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { OpRecord, Value } from '../types.ts';
import { maximum, mul } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { reduceMax } from './reduce.ts';
import { reshape, slice } from './shaping.ts';

type Pair = readonly [number, number];
const pairOf = (v: number | Pair): Pair => (typeof v === 'number' ? [v, v] : v);

export const UPSAMPLE_NEAREST: OpRecord = {
  name: 'upsampleNearest',
  infer([x], { factors }) {
    const [fh, fw] = factors as readonly number[];
    check(x.shape.length === 4, 'upsampleNearest', () => `needs 4 axes but got ${showShape(x.shape)}`);
    return { shape: [x.shape[0], x.shape[1], x.shape[2] * fh, x.shape[3] * fw], dtype: x.dtype };
  },
  gradient: ({ attributes }, g) => [sumBlocks(g, attributes.factors as unknown as Pair)],
  reference([x], { factors }, { shape }) {
    const [fh, fw] = factors as readonly number[];
    const [, , height, width] = shape;
    return Array.from({ length: sizeOf(shape) }, (_, k) => {
      const row = Math.floor((Math.floor(k / width) % height) / fh);
      return Number(x.data[(Math.floor(k / (height * width)) * (height / fh) + row) * (width / fw) + Math.floor((k % width) / fw)]);
    });
  },
};

export const SUM_BLOCKS: OpRecord = {
  name: 'sumBlocks',
  infer([x], { factors }) {
    const [fh, fw] = factors as readonly number[];
    check(x.shape[2] % fh === 0 && x.shape[3] % fw === 0, 'sumBlocks', () => `blocks of ${fh}×${fw} do not divide ${showShape(x.shape)}`);
    return { shape: [x.shape[0], x.shape[1], x.shape[2] / fh, x.shape[3] / fw], dtype: x.dtype };
  },
  gradient: ({ attributes }, g) => [upsampleNearest(g, attributes.factors as unknown as Pair)],
  reference([x], { factors }, { shape }) {
    const [fh, fw] = factors as readonly number[];
    const [, , height, width] = x.shape;
    const out = new Float64Array(sizeOf(shape));
    x.data.forEach((v: number | bigint, k: number) => {
      const row = Math.floor((Math.floor(k / width) % height) / fh);
      out[(Math.floor(k / (height * width)) * (height / fh) + row) * (width / fw) + Math.floor((k % width) / fw)] += Number(v);
    });
    return out;
  },
};

export const upsampleNearest = (x: Value, factors: number | Pair): Value => x.graph.node(UPSAMPLE_NEAREST, [x], { factors: pairOf(factors) });
export const sumBlocks = (x: Value, factors: number | Pair): Value => x.graph.node(SUM_BLOCKS, [x], { factors: pairOf(factors) });

/** Applies one constant matrix [new, old] to the rows and one to the columns. */
function separable(x: Value, rows: readonly number[][], columns: readonly number[][]): Value {
  const constant = (m: readonly number[][]): Value => x.graph.constant(Float32Array.from(m.flat()), [m.length, m[0].length], 'float32');
  return matmul(constant(rows), matmul(x, constant(columns), { transB: true }));
}

/** Rows of the linear map that averages windows of `kernel` every `stride`. */
const averaging = (size: number, kernel: number, stride: number): number[][] =>
  Array.from({ length: Math.floor((size - kernel) / stride) + 1 }, (_, p) => Array.from({ length: size }, (_, i) => (i >= p * stride && i < p * stride + kernel ? 1 / kernel : 0)));

/** Average pooling without padding. */
export function averagePool2d(x: Value, kernel: number, stride = kernel): Value {
  const [, , height, width] = x.shape;
  check(kernel <= height && kernel <= width, 'averagePool2d', () => `a window of ${kernel} does not fit ${showShape(x.shape)}`);
  if (kernel === stride && height % kernel === 0 && width % kernel === 0) return mul(sumBlocks(x, kernel), 1 / (kernel * kernel));
  return separable(x, averaging(height, kernel, stride), averaging(width, kernel, stride));
}

/** Maximum pooling without padding. */
export function maxPool2d(x: Value, kernel: number, stride = kernel): Value {
  const [batch, channels, height, width] = x.shape;
  check(kernel <= height && kernel <= width, 'maxPool2d', () => `a window of ${kernel} does not fit ${showShape(x.shape)}`);
  if (kernel === stride && height % kernel === 0 && width % kernel === 0) {
    return reduceMax(reshape(x, [batch, channels, height / kernel, kernel, width / kernel, kernel]), [3, 5]);
  }
  const shifted = (v: Value, axis: number, offset: number): Value => {
    const count = Math.floor((v.shape[axis] - kernel) / stride) + 1;
    return slice(v, axis, offset, offset + (count - 1) * stride + 1, stride);
  };
  const along = (v: Value, axis: number): Value => Array.from({ length: kernel }, (_, k) => shifted(v, axis, k)).reduce((a, b) => maximum(a, b));
  return along(along(x, 2), 3);
}

/** Sample positions of an output pixel, half-pixel centres (PyTorch's align_corners=False). */
const linear = (from: number, to: number): number[][] => Array.from({ length: to }, (_, p) => {
  const position = Math.max(((p + 0.5) * from) / to - 0.5, 0);
  const low = Math.min(Math.floor(position), from - 1);
  const high = Math.min(low + 1, from - 1);
  const row = new Array<number>(from).fill(0);
  row[low] += 1 - (position - low);
  row[high] += position - low;
  return row;
});
const nearest = (from: number, to: number): number[][] => Array.from({ length: to }, (_, p) => {
  const row = new Array<number>(from).fill(0);
  row[Math.min(Math.floor((p * from) / to), from - 1)] = 1;
  return row;
});

/** Resizes to any height and width; conventions as in PyTorch's interpolate (no antialiasing). */
export function resize2d(x: Value, [height, width]: Pair, mode: 'nearest' | 'bilinear'): Value {
  const [, , h, w] = x.shape;
  if (h === height && w === width) return x;
  if (mode === 'nearest' && height % h === 0 && width % w === 0) return upsampleNearest(x, [height / h, width / w]);
  const matrix = mode === 'nearest' ? nearest : linear;
  return separable(x, matrix(h, height), matrix(w, width));
}

