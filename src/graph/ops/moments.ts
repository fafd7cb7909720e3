/**
 * Population variance of every channel's picture: Var[n,c] = mean over (h, w) of (x − mean)². The gradient is 2/(h·w) · g · (x − mean).
 * An operator of its own because its two formulations differ in speed and in rounding: mean of squares less squared mean takes one pass, but
 * loses digits where |mean| ≫ std (relative error about 1e-7 · mean²/variance); subtracting the mean first does not.
 */
import { check } from '../../core/errors.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { OpRecord, Value } from '../types.ts';
import { add, mul, neg } from './elementwise.ts';
import { reduceMean } from './reduce.ts';
import { reshape } from './shaping.ts';

export const CHANNEL_VARIANCE: OpRecord = {
  name: 'channelVariance',
  infer([x]) {
    check(x.shape.length === 4, 'channelVariance', () => `needs [batch, channels, height, width] but got ${showShape(x.shape)}`);
    return { shape: x.shape.slice(0, 2), dtype: 'float32' };
  },
  gradient({ inputs: [x] }, g) {
    const [n, c, h, w] = x.shape;
    const slope = reshape(mul(g, 2 / (h * w)), [n, c, 1, 1]);
    return [add(mul(x, slope), neg(mul(slope, channelMean(x))))];
  },
  reference([x]) {
    const size = sizeOf(x.shape.slice(2));
    return Array.from({ length: x.data.length / size }, (_, row) => {
      const values = Array.from(x.data.subarray(row * size, (row + 1) * size) as ArrayLike<number>, Number);
      const mean = values.reduce((a, b) => a + b, 0) / size;
      return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size;
    });
  },
};

/** Mean of every channel's picture, [batch, channels, 1, 1]. */
export const channelMean = (x: Value): Value => reduceMean(x, [2, 3], true);
/** Population variance of every channel's picture, [batch, channels]. */
export const channelVariance = (x: Value): Value => x.graph.node(CHANNEL_VARIANCE, [x]);
