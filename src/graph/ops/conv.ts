/**
 * 2-D convolution (cross-correlation, as every deep-learning library means it) and its two adjoints; the three are closed under
 * differentiation. Layouts: x [batch, in, height, width], w [out, in, kh, kw], y [batch, out, oh, ow].
 *
 *   y[n,o,p,q]  = Σ_{i,a,b} x̂[n,i, p·s+a, q·s+b] · w[o,i,a,b]          (x̂: x padded with zeros)
 *   dw[o,i,a,b] = Σ_{n,p,q} x̂[n,i, p·s+a, q·s+b] · g[n,o,p,q]
 *   dx[n,i,h,w] = Σ g[n,o,p,q] · w[o,i,a,b] over p·s+a = h+top, q·s+b = w+left
 */
import { check } from '../../core/errors.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { AnyTensor } from '../../core/tensor.ts';
import type { Attributes, OpRecord, Value } from '../types.ts';

type Pair = readonly [number, number];
/** Zero padding: top, left, bottom, right. */
export type Padding = readonly [number, number, number, number];

export interface ConvOptions {
  readonly stride?: number | Pair;
  readonly padding?: number | Padding;
}

export interface ConvGeometry {
  readonly stride: Pair;
  readonly pads: Padding;
}
export const geometryOf = (attributes: Attributes): ConvGeometry => ({
  stride: attributes.stride as unknown as Pair,
  pads: attributes.pads as unknown as Padding,
});

/** Calls `visit(x offset, w offset, y offset)` for every product of the convolution. */
function eachProduct(x: readonly number[], w: readonly number[], y: readonly number[], { stride, pads }: ConvGeometry, visit: (ix: number, iw: number, iy: number) => void): void {
  const [batch, channels, height, width] = x;
  const [outChannels, , kh, kw] = w;
  const [oh, ow] = [y[2], y[3]];
  for (let n = 0; n < batch; n++) for (let o = 0; o < outChannels; o++) for (let i = 0; i < channels; i++) {
    for (let p = 0; p < oh; p++) for (let q = 0; q < ow; q++) for (let a = 0; a < kh; a++) {
      const row = p * stride[0] + a - pads[0];
      if (row < 0 || row >= height) continue;
      for (let b = 0; b < kw; b++) {
        const column = q * stride[1] + b - pads[1];
        if (column < 0 || column >= width) continue;
        visit(((n * channels + i) * height + row) * width + column, ((o * channels + i) * kh + a) * kw + b, ((n * outChannels + o) * oh + p) * ow + q);
      }
    }
  }
}

function accumulate(size: number, run: (add: (at: number, v: number) => void) => void): Float64Array {
  const out = new Float64Array(size);
  run((at, v) => { out[at] += v; });
  return out;
}
const at = (t: AnyTensor, i: number): number => Number(t.data[i]);

export const CONV2D: OpRecord = {
  name: 'conv2d',
  infer([x, w], attributes) {
    const { stride, pads } = geometryOf(attributes);
    check(x.shape.length === 4 && w.shape.length === 4, 'conv2d', () => `input and weight need 4 axes but have ${showShape(x.shape)} and ${showShape(w.shape)}`);
    check(x.shape[1] === w.shape[1], 'conv2d', () => `input has ${x.shape[1]} channels but the weight expects ${w.shape[1]}`);
    const out = [0, 1].map((k) => Math.floor((x.shape[k + 2] + pads[k] + pads[k + 2] - w.shape[k + 2]) / stride[k]) + 1);
    check(out.every((d) => d > 0), 'conv2d', () => `a ${w.shape[2]}×${w.shape[3]} kernel does not fit ${showShape(x.shape)} with padding [${pads}]`);
    return { shape: [x.shape[0], w.shape[0], ...out], dtype: 'float32' };
  },
  gradient({ inputs: [x, w], attributes }, g) {
    const geometry = geometryOf(attributes);
    return [conv2dInputGrad(g, w, [x.shape[2], x.shape[3]], geometry), conv2dWeightGrad(x, g, [w.shape[2], w.shape[3]], geometry)];
  },
  reference([x, w], attributes, { shape }) {
    return accumulate(sizeOf(shape), (add) => eachProduct(x.shape, w.shape, shape, geometryOf(attributes), (ix, iw, iy) => add(iy, at(x, ix) * at(w, iw))));
  },
};

export const CONV2D_INPUT_GRAD: OpRecord = {
  name: 'conv2dInputGrad',
  infer([g, w], { size }) {
    check(g.shape[1] === w.shape[0], 'conv2dInputGrad', () => `cotangent has ${g.shape[1]} channels but the weight makes ${w.shape[0]}`);
    return { shape: [g.shape[0], w.shape[1], ...(size as readonly number[])], dtype: 'float32' };
  },
  gradient({ inputs: [g, w], attributes }, h) {
    const geometry = geometryOf(attributes);
    return [crop(convolve(h, w, geometry), g), conv2dWeightGrad(h, g, [w.shape[2], w.shape[3]], geometry)];
  },
  reference([g, w], attributes, { shape }) {
    return accumulate(sizeOf(shape), (add) => eachProduct(shape, w.shape, g.shape, geometryOf(attributes), (ix, iw, iy) => add(ix, at(g, iy) * at(w, iw))));
  },
};

export const CONV2D_WEIGHT_GRAD: OpRecord = {
  name: 'conv2dWeightGrad',
  infer([x, g], { kernel }) {
    check(x.shape[0] === g.shape[0], 'conv2dWeightGrad', () => `batches ${x.shape[0]} and ${g.shape[0]} differ`);
    return { shape: [g.shape[1], x.shape[1], ...(kernel as readonly number[])], dtype: 'float32' };
  },
  gradient({ inputs: [x, g], attributes }, h) {
    const geometry = geometryOf(attributes);
    return [conv2dInputGrad(g, h, [x.shape[2], x.shape[3]], geometry), crop(convolve(x, h, geometry), g)];
  },
  reference([x, g], attributes, { shape }) {
    return accumulate(sizeOf(shape), (add) => eachProduct(x.shape, shape, g.shape, geometryOf(attributes), (ix, iw, iy) => add(iw, at(x, ix) * at(g, iy))));
  },
};

const convolve = (x: Value, w: Value, { stride, pads }: ConvGeometry): Value => x.graph.node(CONV2D, [x, w], { stride, pads });

/** A forward convolution over the same geometry has the cotangent's own size, because sizes are floored once and kept. */
function crop(y: Value, like: Value): Value {
  check(showShape(y.shape) === showShape(like.shape), 'conv2d', () => `second derivative has shape ${showShape(y.shape)} instead of ${showShape(like.shape)}`);
  return y;
}

/** Convolution without bias; `stride` and `padding` as one number for all sides or spelled out. */
export function conv2d(x: Value, w: Value, { stride = 1, padding = 0 }: ConvOptions = {}): Value {
  const s: Pair = typeof stride === 'number' ? [stride, stride] : stride;
  const pads: Padding = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return convolve(x, w, { stride: s, pads });
}
export const conv2dInputGrad = (g: Value, w: Value, size: Pair, { stride, pads }: ConvGeometry): Value =>
  g.graph.node(CONV2D_INPUT_GRAD, [g, w], { size, stride, pads });
export const conv2dWeightGrad = (x: Value, g: Value, kernel: Pair, { stride, pads }: ConvGeometry): Value =>
  x.graph.node(CONV2D_WEIGHT_GRAD, [x, g], { kernel, stride, pads });

/** Transposed convolution of x [batch, in, h, w] by w [in, out, kh, kw]: the adjoint of the convolution that has this stride and padding. */
export function convTranspose2d(x: Value, w: Value, { stride = 1, padding = 0 }: { stride?: number; padding?: number } = {}): Value {
  const size = [0, 1].map((k) => (x.shape[k + 2] - 1) * stride - 2 * padding + w.shape[k + 2]) as unknown as Pair;
  return conv2dInputGrad(x, w, size, { stride: [stride, stride], pads: [padding, padding, padding, padding] });
}
