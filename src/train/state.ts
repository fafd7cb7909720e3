/**
 * Everything that the training of one network consists of, on the host. A run holds any number of networks by name (a model, an autoencoder and
 * its discriminator, a teacher), each with its own weights, moments and average.
 */
import type { AnyTensor } from '../core/tensor.ts';
import { check, listed } from '../core/errors.ts';
import type { ParameterLayout } from '../nn/parameters.ts';

export interface NetworkState {
  readonly layout: ParameterLayout;
  /** Trainable parameters; [layout.trainableSize]. */
  readonly weights: Float32Array;
  /** Frozen parameters; [layout.frozenSize]. */
  readonly frozen: Float32Array;
  /** First and second moments; like `weights`. */
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Moving average of `weights`, where one is kept. */
  readonly ema?: Float32Array;
  /** Arrays that are neither trained nor declared as parameters: running statistics, codebook counts. */
  readonly buffers: Readonly<Record<string, AnyTensor>>;
  /** How many updates were made: Adam's t. Skipped steps do not count. */
  readonly updates: number;
}
export type NetworkStates = Readonly<Record<string, NetworkState>>;

export interface InitialState {
  readonly layout: ParameterLayout;
  /** Kept, not copied. */
  readonly weights: Float32Array;
  readonly frozen?: Float32Array;
  readonly buffers?: Readonly<Record<string, AnyTensor>>;
  /** Whether to keep a moving average; it starts as a copy of the weights. */
  readonly ema: boolean;
}

/** The state before the first update. */
export function initialState({ layout, weights, frozen = new Float32Array(layout.frozenSize), buffers = {}, ema }: InitialState): NetworkState {
  check(weights.length === layout.trainableSize, 'initialState', `the layout has ${layout.trainableSize} trainable elements but ${weights.length} came`);
  check(frozen.length === layout.frozenSize, 'initialState', `the layout has ${layout.frozenSize} frozen elements but ${frozen.length} came`);
  return {
    layout, weights, frozen, buffers, updates: 0,
    m: new Float32Array(weights.length), v: new Float32Array(weights.length), ...(ema ? { ema: weights.slice() } : {}),
  };
}

/** Copies `source` into the arrays of `target` (which must have the same layout and the same parts) and returns it with the source's counter. */
export function copyState(target: NetworkState, source: NetworkState): NetworkState {
  const where = 'copyState';
  check(!target.ema === !source.ema, where, `one state has an EMA and the other has none`);
  const names = Object.keys(target.buffers);
  check(names.join() === Object.keys(source.buffers).join(), where, () => `buffers differ: ${listed(names)} against ${listed(Object.keys(source.buffers))}`);
  for (const key of ['weights', 'frozen', 'm', 'v', 'ema'] as const) {
    const to = target[key];
    const from = source[key];
    if (!to || !from || to === from) continue;
    check(to.length === from.length, where, `${key} has ${from.length} elements, not ${to.length}`);
    to.set(from);
  }
  return { ...target, buffers: source.buffers, updates: source.updates };
}
