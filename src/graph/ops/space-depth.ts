/** Blocks of pixels as channels and back (PyTorch's pixel_unshuffle and pixel_shuffle): channel c of a block's pixel (a, b) becomes channel (c·f + a)·f + b. */
import { check } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Value } from '../types.ts';
import { reshape, transpose } from './shaping.ts';

export function spaceToDepth(x: Value, factor: number): Value {
  const [n, c, h, w] = x.shape;
  check(h % factor === 0 && w % factor === 0, 'spaceToDepth', () => `blocks of ${factor} do not divide ${showShape(x.shape)}`);
  const blocks = reshape(x, [n, c, h / factor, factor, w / factor, factor]);
  return reshape(transpose(blocks, [0, 1, 3, 5, 2, 4]), [n, c * factor * factor, h / factor, w / factor]);
}

export function depthToSpace(x: Value, factor: number): Value {
  const [n, c, h, w] = x.shape;
  check(c % (factor * factor) === 0, 'depthToSpace', () => `${c} channels are not a multiple of ${factor * factor}`);
  const blocks = reshape(x, [n, c / (factor * factor), factor, factor, h, w]);
  return reshape(transpose(blocks, [0, 1, 4, 2, 5, 3]), [n, c / (factor * factor), h * factor, w * factor]);
}
