/**
 * Training pairs. Every loss λ·|x̂0 − x0|² is weight·|F(xIn, timeInput) − target|² of the raw network F, so the host makes four arrays and
 * the graph is one weighted mean squared error:
 *
 *   xIn = xt = a·x0 + b·ε,   timeInput = timestep,   target = p·x0 + q·ε,   weight = λ·(b/D)²      (prediction.ts, weighting.ts)
 *
 * For ε-prediction the target is the drawn noise itself, never a difference. Source: Ho et al. 2020, algorithm 1.
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import { createStream, type Purpose, type Seed } from '../core/rng.ts';
import type { Tensor } from '../core/tensor.ts';
import { addNoise } from './forward.ts';
import type { Level } from './level.ts';
import { noiseRows } from './noise.ts';
import { linearForm, type Prediction } from './prediction.ts';
import type { LevelSampling } from './time-sampling.ts';
import { outputWeight, simpleWeighting, type Weighting } from './weighting.ts';

export interface Objective {
  readonly prediction: Prediction;
  readonly levels: LevelSampling;
  /** λ of |x̂0 − x0|²; L_simple unless given. */
  readonly weighting?: Weighting;
  /** For `mean`: where the posterior leads (see previousLevel). */
  readonly previous?: (level: Level) => Level;
}

export interface ObjectiveKey {
  readonly seed: Seed;
  /** One an example: its number in the whole run, so that a resumed run goes on where it stopped. */
  readonly indices: ArrayLike<number>;
  /** `train` and `validation` draw from different streams. */
  readonly phase?: 'train' | 'validation';
}

/** Arrays for the graph; x0's batch is outermost. */
export interface TrainingPairs {
  readonly xIn: Float32Array; // as x0
  readonly timeInput: Float32Array; // [batch]
  readonly target: Float32Array; // as x0
  readonly weight: Float32Array; // [batch], for the mean over a row's elements of (F − target)²
  readonly levels: readonly Level[]; // [batch]
  readonly noise: Float32Array; // as x0
}

const STREAMS: Readonly<Record<'train' | 'validation', { level: Purpose; noise: Purpose; noiseDraw: number }>> = {
  train: { level: 'timestep', noise: 'noise', noiseDraw: 0 },
  validation: { level: 'validation', noise: 'validation', noiseDraw: 1 },
};

/** Makes the training pairs of a batch x0 [batch, …], in [−1, 1]. `reuse` lends the arrays of an earlier batch of the same objective and shape. */
export function trainingPairs(x0: Tensor, objective: Objective, key: ObjectiveKey, reuse?: TrainingPairs): TrainingPairs {
  const { prediction, levels: levelSampling, weighting = simpleWeighting, previous } = objective;
  const { seed, indices, phase = 'train' } = key;
  const batch = x0.shape[0];
  check(indices.length === batch, 'trainingPairs', () => `x0 of shape ${showShape(x0.shape)} needs ${batch} indices but ${indices.length} came`);
  check(reuse === undefined || (reuse.xIn.length === x0.data.length && reuse.weight.length === batch), 'trainingPairs', 'reuse must come from a batch of the same shape');
  const size = sizeOf(x0.shape) / batch;
  const streams = STREAMS[phase];
  const noise = noiseRows({ seed, purpose: streams.noise, indices, draw: streams.noiseDraw }, size, reuse?.noise);
  const xIn = reuse?.xIn ?? new Float32Array(x0.data.length);
  const timeInput = reuse?.timeInput ?? new Float32Array(batch);
  const weight = reuse?.weight ?? new Float32Array(batch);
  // The target of ε is the noise, that of x0 the data: no copy. Others need an array, which a reused ε or x0 batch does not own.
  const shared = prediction === 'epsilon' ? noise : prediction === 'x0' ? x0.data : undefined;
  const target = shared ?? (reuse && reuse.target !== reuse.noise ? reuse.target : new Float32Array(x0.data.length));
  const levels: Level[] = [];
  for (let row = 0; row < batch; row++) {
    const index = indices[row];
    const sampled = levelSampling(createStream({ seed, purpose: streams.level, index }), index, 0);
    const { level } = sampled;
    const before = prediction === 'mean' ? previous?.(level) : undefined;
    const [from, to] = [row * size, (row + 1) * size];
    const clean = x0.data.subarray(from, to);
    const epsilon = noise.subarray(from, to);
    levels.push(level);
    timeInput[row] = level.timestep;
    weight[row] = sampled.weight * outputWeight(weighting, prediction, level, before);
    addNoise(clean, level, epsilon, xIn.subarray(from, to));
    if (!shared) {
      const { p, q } = linearForm(prediction, level, before);
      for (let i = 0; i < size; i++) target[from + i] = p * clean[i] + q * epsilon[i];
    }
  }
  return { xIn, timeInput, target, weight, levels, noise };
}
