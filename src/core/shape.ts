/** Shapes of tensors: their sizes and row-major strides. */
import { check } from './errors.ts';

/** Dimensions, outermost first; row-major ("C") order everywhere. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, d) => product * d, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, s = 1; i >= 0; i--) {
    strides[i] = s;
    s *= shape[i];
  }
  return strides;
}

/** NumPy's rule: align at the right; dimensions must be equal or 1. */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    check(x === y || x === 1 || y === 1, where, () => `shapes ${showShape(a)} and ${showShape(b)} do not broadcast`);
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** Negative axes count from the end; throws unless within the rank. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  check(Number.isInteger(axis) && axis >= -rank && axis < rank, where, () => `axis ${axis} is out of range for rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}
