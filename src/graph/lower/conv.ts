/**
 * The formulations of a convolution and its gradients, and the choice among them. Direct: Conv, ConvTranspose, one MatMul a kernel tap.
 * Fast on the CPU: Winograd for 3×3 kernels where it was measured to win (docs/decisions/002-lowering.md).
 */
import type { Value } from '../types.ts';
import { CONSTANT } from '../graph.ts';
import { geometryOf, type ConvGeometry } from '../ops/conv.ts';
import { concatenated, padded, product, reshaped, sliced, transposed, type Emitter, type Ref } from './emitter.ts';
import { winogradConv, winogradInputGrad, winogradWeightGrad } from './winograd.ts';

/** Pictures up to this height and width run by Winograd. */
const WINOGRAD_MAX_SIZE = 64;
/** Below so many channels the tile transforms cost more than the products save. */
const WINOGRAD_MIN_CHANNELS = 16;

const sameThree = (kernel: readonly number[], { stride, pads }: ConvGeometry): boolean =>
  kernel[0] === 3 && kernel[1] === 3 && stride[0] === 1 && stride[1] === 1 && pads.every((p) => p === 1);

function useWinograd(e: Emitter, picture: readonly number[], kernel: readonly number[], channels: readonly number[], geometry: ConvGeometry): boolean {
  return e.target.device === 'cpu' && e.target.mode === 'fast' && sameThree(kernel, geometry)
    && Math.max(...picture) <= WINOGRAD_MAX_SIZE && Math.min(...picture) >= 4 && Math.min(...channels) >= WINOGRAD_MIN_CHANNELS;
}

/** Whether `conv2d` will be one Conv node, which takes a bias for nothing. */
export function isDirect(e: Emitter, value: Value): boolean {
  const [x, w] = value.inputs;
  // With constant weights ONNX Runtime packs them in blocks (NCHWc), which beats Winograd.
  return w.record === CONSTANT || !useWinograd(e, x.shape.slice(2), w.shape.slice(2), [w.shape[0], w.shape[1]], geometryOf(value.attributes));
}

export function emitConv(e: Emitter, value: Value, x: Ref, w: Ref, bias?: Ref): Ref {
  if (!isDirect(e, value)) return winogradConv(e, x, w);
  const { stride, pads } = geometryOf(value.attributes);
  return e.node('Conv', bias ? [x, w, bias] : [x, w], value.shape, { kernel_shape: w.shape.slice(2), strides: stride, pads });
}

export function emitConvInputGrad(e: Emitter, value: Value, g: Ref, w: Ref): Ref {
  const geometry = geometryOf(value.attributes);
  const { stride, pads } = geometry;
  const [kh, kw] = w.shape.slice(2);
  const [height, width] = value.shape.slice(2);
  if (useWinograd(e, [height, width], [kh, kw], [w.shape[0], w.shape[1]], geometry)) return winogradInputGrad(e, g, w);
  const back = [kh - 1 - pads[0], kw - 1 - pads[1], kh - 1 - pads[2], kw - 1 - pads[3]];
  if (stride[0] === 1 && stride[1] === 1 && back.every((p) => p >= 0)) {
    const swapped = transposed(e, w, [1, 0, 2, 3]);
    const turned = kh * kw === 1 ? swapped : sliced(e, swapped, [2, 3], [kh - 1, kw - 1], [-1, -1], [-1, -1]);
    return e.node('Conv', [g, turned], value.shape, { kernel_shape: [kh, kw], strides: [1, 1], pads: back });
  }
  // Rows and columns that no window reached come after the last window.
  const rest = [0, 1].map((k) => value.shape[k + 2] - ((g.shape[k + 2] - 1) * stride[k] - pads[k] - pads[k + 2] + w.shape[k + 2]));
  return e.node('ConvTranspose', [g, w], value.shape, { kernel_shape: [kh, kw], strides: stride, pads, output_padding: rest });
}

/** One product [out, n·oh·ow] × [n·oh·ow, in] for each kernel tap. */
function tapWeightGrad(e: Emitter, value: Value, x: Ref, g: Ref, { stride, pads }: ConvGeometry): Ref {
  const [out, channels, kh, kw] = value.shape;
  const [n, , oh, ow] = g.shape;
  const rows = reshaped(e, transposed(e, g, [1, 0, 2, 3]), [out, n * oh * ow]);
  const nhwc = padded(e, transposed(e, x, [0, 2, 3, 1]), [0, pads[0], pads[1], 0, 0, pads[2], pads[3], 0]);
  const taps: Ref[] = [];
  for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
    const window = sliced(e, nhwc, [1, 2], [a, b], [a + (oh - 1) * stride[0] + 1, b + (ow - 1) * stride[1] + 1], stride);
    taps.push(reshaped(e, product(e, rows, reshaped(e, window, [n * oh * ow, channels])), [out, channels, 1]));
  }
  return reshaped(e, concatenated(e, taps, 2), value.shape);
}

export function emitConvWeightGrad(e: Emitter, value: Value, x: Ref, g: Ref): Ref {
  const geometry = geometryOf(value.attributes);
  const [out, channels, kh, kw] = value.shape;
  const winograd = useWinograd(e, x.shape.slice(2), [kh, kw], [out, channels], geometry);
  return winograd ? winogradWeightGrad(e, x, g) : tapWeightGrad(e, value, x, g, geometry);
}
