/**
 * A denoiser estimates the clean data behind a noisy state. Samplers, guidance and clipping know only this; what the network was trained
 * to output ends here. Wrappers compose: clipX0(classifierFree(networkDenoiser(network, …), …)).
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Condition } from './condition.ts';
import type { Level } from './level.ts';
import { fromOutput, type Prediction } from './prediction.ts';

/** The raw network: x [batch, …], timeInput [batch] → the output, as x or with twice the channels. Must take any batch. */
export type Network = (x: Tensor, timeInput: Float32Array, condition?: Condition) => Promise<Float32Array>;

export interface Denoised {
  /** The estimate of the clean data; clipping replaces it. */
  readonly x0: Float32Array;
  /** The estimate of the noise; clipping leaves it. */
  readonly epsilon: Float32Array;
  /** Learned variance: 0 is the posterior's variance β̃, 1 the forward step's β, log-linear in between. As x0. */
  readonly varianceFraction?: Float32Array;
}

/** x [batch, …] at one level for all rows → the estimates, flat, as x. */
export type Denoiser = (x: Tensor, level: Level, condition?: Condition) => Promise<Denoised>;

export interface NetworkDenoiserOptions {
  readonly prediction: Prediction;
  /** `range`: the output's channels are doubled and the second half v in [−1, 1] is the learned variance (Nichol and Dhariwal 2021, eq. 15). */
  readonly variance?: 'none' | 'range';
  /** For `mean`: where the posterior leads. */
  readonly previous?: (level: Level) => Level;
}

/** Makes a denoiser of a network. Throws when the output's size does not fit, or the prediction cannot serve a level. */
export function networkDenoiser(network: Network, { prediction, variance = 'none', previous }: NetworkDenoiserOptions): Denoiser {
  return async (x, level, condition) => {
    const batch = x.shape[0];
    const output = await network(x, new Float32Array(batch).fill(level.timestep), condition);
    const expected = x.data.length * (variance === 'range' ? 2 : 1);
    check(output.length === expected, 'networkDenoiser', () => `x of shape ${showShape(x.shape)} with variance ${variance} needs an output of ${expected} numbers but ${output.length} came`);
    const before = prediction === 'mean' ? previous?.(level) : undefined;
    if (variance === 'none') return fromOutput(prediction, output, x.data, level, before);
    const size = sizeOf(x.shape) / batch;
    const mean = new Float32Array(x.data.length);
    const varianceFraction = new Float32Array(x.data.length);
    for (let row = 0; row < batch; row++) {
      mean.set(output.subarray(2 * row * size, (2 * row + 1) * size), row * size);
      for (let i = 0; i < size; i++) varianceFraction[row * size + i] = (output[(2 * row + 1) * size + i] + 1) / 2;
    }
    return { ...fromOutput(prediction, mean, x.data, level, before), varianceFraction };
  };
}
