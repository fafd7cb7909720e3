/**
 * A small conditional regression with a hand-written gradient, to test training without the engine. For x in [−1, 1)², class c (3 is
 * the null class) and dropout mask d:
 *
 *   h = silu(W₁x + b₁ + E_c),   y = w₂·(d ∘ h) + b₂,   loss = mean (y − target)²,   target = sin(3x₀ + c)·cos(2x₁)
 */
import { createStream } from '../src/core/rng.ts';
import type { GradientProgram, Feeds } from '../src/train/executor.ts';
import { layoutParameters, parameterView, type ParameterVectors } from '../src/nn/parameters.ts';

export const HIDDEN = 24;
const CLASSES = 3;

export const toyLayout = layoutParameters([
  { name: 'in.weight', shape: [HIDDEN, 2] },
  { name: 'in.bias', shape: [HIDDEN] },
  { name: 'scale', shape: [1], trainable: false },
  { name: 'class.weight', shape: [CLASSES + 1, HIDDEN], decay: false },
  { name: 'out.weight', shape: [1, HIDDEN] },
  { name: 'out.bias', shape: [1] },
]);

export function toyWeights(seed: number): ParameterVectors {
  const trainable = createStream({ seed, purpose: 'init' }).normals(new Float32Array(toyLayout.trainableSize));
  for (let i = 0; i < trainable.length; i++) trainable[i] *= 0.4;
  return { trainable, frozen: Float32Array.of(1) };
}

export interface ToyBatches {
  readonly seed: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly dropout: number;
  readonly conditionDropout: number;
}

/** Feeds as a pure function of seed, step and micro-batch; without dropout when `evaluation`. */
export function toyBatch({ seed, batchSize, accumulate, dropout, conditionDropout }: ToyBatches, step: number, micro: number, evaluation = false): Feeds {
  const x = new Float32Array(2 * batchSize);
  const condition = new Int32Array(batchSize);
  const target = new Float32Array(batchSize);
  const mask = new Float32Array(batchSize * HIDDEN).fill(1);
  for (let j = 0; j < batchSize; j++) {
    const index = (step * accumulate + micro) * batchSize + j;
    const own = x.subarray(2 * j, 2 * j + 2);
    const stream = createStream({ seed, purpose: evaluation ? 'validation' : 'data', index });
    stream.uniforms(own);
    own[0] = 2 * own[0] - 1;
    own[1] = 2 * own[1] - 1;
    const c = stream.integer(CLASSES, 1);
    target[j] = Math.fround(Math.sin(3 * own[0] + c) * Math.cos(2 * own[1]));
    condition[j] = !evaluation && createStream({ seed, purpose: 'conditionDropout', index }).uniform() < conditionDropout ? CLASSES : c;
    if (!evaluation && dropout > 0) {
      const row = mask.subarray(j * HIDDEN, (j + 1) * HIDDEN);
      createStream({ seed, purpose: 'dropout', index }).uniforms(row);
      for (let k = 0; k < HIDDEN; k++) row[k] = row[k] < dropout ? 0 : 1 / (1 - dropout);
    }
  }
  return { x, condition, target, mask };
}

/** Loss, and gradient where asked for. */
function run(parameters: ParameterVectors, feeds: Feeds, gradient?: Float32Array): { loss: number; squares: Float32Array } {
  const [inWeight, inBias, scale, classWeight, outWeight, outBias] = toyLayout.parameters.map((p) => parameterView(p, p.trainable ? parameters.trainable : parameters.frozen).data);
  const x = feeds.x as Float32Array;
  const condition = feeds.condition as Int32Array;
  const target = feeds.target as Float32Array;
  const mask = feeds.mask as Float32Array;
  const batch = target.length;
  const sums = new Float64Array(toyLayout.trainableSize);
  const at = Object.fromEntries(toyLayout.parameters.map((p) => [p.name, p.offset]));
  const squares = new Float32Array(batch);
  let loss = 0;
  for (let j = 0; j < batch; j++) {
    let y = outBias[0];
    const slopes = new Float64Array(HIDDEN);
    const hidden = new Float64Array(HIDDEN);
    for (let k = 0; k < HIDDEN; k++) {
      const a = scale[0] * (inWeight[2 * k] * x[2 * j] + inWeight[2 * k + 1] * x[2 * j + 1]) + inBias[k] + classWeight[condition[j] * HIDDEN + k];
      const s = 1 / (1 + Math.exp(-a));
      const d = mask[j * HIDDEN + k];
      hidden[k] = a * s * d;
      slopes[k] = s * (1 + a * (1 - s)) * d;
      y += outWeight[k] * hidden[k];
    }
    const error = y - target[j];
    squares[j] = error * error;
    loss += (error * error) / batch;
    const dy = (2 * error) / batch;
    sums[at['out.bias']] += dy;
    for (let k = 0; k < HIDDEN; k++) {
      sums[at['out.weight'] + k] += dy * hidden[k];
      const da = dy * outWeight[k] * slopes[k];
      sums[at['in.weight'] + 2 * k] += da * x[2 * j] * scale[0];
      sums[at['in.weight'] + 2 * k + 1] += da * x[2 * j + 1] * scale[0];
      sums[at['in.bias'] + k] += da;
      sums[at['class.weight'] + condition[j] * HIDDEN + k] += da;
    }
  }
  gradient?.set(sums);
  return { loss, squares };
}

export const toyProgram = (): GradientProgram => ({
  async gradient(parameters, feeds, gradient) {
    const { loss, squares } = run(parameters, feeds, gradient);
    return { loss, outputs: { squares: { dtype: 'float32', shape: [squares.length], data: squares } } };
  },
  loss: async (parameters, feeds) => run(parameters, feeds).loss,
  dispose: async () => {},
});
