/** How a parameter starts, as data; the numbers are drawn from the portable stream of its index, so they do not depend on the rest of the network. */
import { createStream, type Seed } from '../core/rng.ts';
import type { ParameterSpec } from './parameters.ts';

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [−bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly std: number };

export const zeros: Initializer = { kind: 'constant', value: 0 };
export const ones: Initializer = { kind: 'constant', value: 1 };
/** PyTorch's default for linear and convolutional layers, weight and bias: uniform with bound 1/√fanIn. */
export const fanInUniform = (fanIn: number): Initializer => ({ kind: 'uniform', bound: 1 / Math.sqrt(fanIn) });
export const normal = (std: number): Initializer => ({ kind: 'normal', std });

/** Draws all trainable parameters of a network into one flat vector. */
export function initialize(parameters: readonly ParameterSpec[], size: number, seed: Seed): Float32Array {
  const flat = new Float32Array(size);
  parameters.forEach(({ init, offset, size: count, trainable }, index) => {
    if (!trainable) return;
    const view = flat.subarray(offset, offset + count);
    if (init.kind === 'constant') view.fill(init.value);
    else {
      const stream = createStream({ seed, purpose: 'init', index });
      if (init.kind === 'normal') stream.normals(view);
      else stream.uniforms(view);
      for (let i = 0; i < count; i++) view[i] = init.kind === 'normal' ? view[i] * init.std : (view[i] * 2 - 1) * init.bound;
    }
  });
  return flat;
}
