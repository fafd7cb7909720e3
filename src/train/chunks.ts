/**
 * Running a batch in parts. The gradient of a mean over examples is the sum over chunks of gradients of weight/chunks, so a batch gives the same
 * numbers (up to rounding) whatever it is cut into; but a chunk whose tensors stay in the processor's cache runs faster, and memory is that of one
 * chunk. Only for networks without batch statistics, and losses that are a weighted mean over examples.
 */
import { check } from '../core/errors.ts';
import { BYTES_PER_ELEMENT, type AnyTensor, type TensorData } from '../core/tensor.ts';
import { sizeOf } from '../core/shape.ts';
import type { OnnxModel } from '../graph/onnx-model.ts';
import type { Feeds, GradientProgram } from './executor.ts';

/** Largest tensor, in bytes, that a chunk should make: measured best between 14 and 28 MB on two cores (docs/decisions/002-lowering.md). */
const LARGEST_TENSOR = 2 ** 25;

/**
 * The largest divisor of `batch` whose largest intermediate tensor stays within bounds.
 * @param lowered the model for a batch of that size; what grows from two examples to three is what an example adds (weights do not; a batch of one has fewer nodes)
 */
export function chunkSize(batch: number, lowered: (batch: number) => OnnxModel): number {
  const bytes = (examples: number): number[] => Array.from(lowered(examples).types?.values() ?? [], ({ dtype, shape }) => BYTES_PER_ELEMENT[dtype] * sizeOf(shape));
  const two = bytes(2);
  const perExample = bytes(3).reduce((largest, three, i) => Math.max(largest, three - two[i]), 0);
  let size = batch;
  while (size > 1 && (batch % size !== 0 || size * perExample > LARGEST_TENSOR)) size--;
  return size;
}

/** Every feed holds the batch outermost: views of the `index`-th of `chunks` parts. */
function part(feeds: Feeds, index: number, chunks: number): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(feeds).map(([name, data]) => {
    const size = data.length / chunks;
    check(Number.isInteger(size), 'chunks', `${name} has ${data.length} elements, which ${chunks} chunks do not divide`);
    return [name, data.subarray(index * size, (index + 1) * size)];
  }));
}

/** Joins per-example outputs of the chunks. */
function joined(parts: readonly Readonly<Record<string, AnyTensor>>[]): Record<string, AnyTensor> {
  return Object.fromEntries(Object.keys(parts[0]).map((name) => {
    const tensors = parts.map((p) => p[name]);
    const data = new Float32Array(tensors.reduce((sum, t) => sum + t.data.length, 0));
    let at = 0;
    for (const { data: values } of tensors) {
      data.set(values as Float32Array, at);
      at += values.length;
    }
    return [name, { dtype: 'float32', shape: [tensors.length * tensors[0].shape[0], ...tensors[0].shape.slice(1)], data }];
  }));
}

/**
 * A program for batches of `chunks` times the size that `program` runs.
 * @param weight the feed that multiplies each example's loss
 */
export function inChunks(program: GradientProgram, chunks: number, weight: string): GradientProgram {
  if (chunks === 1) return program;
  let scratch: Float32Array | undefined;
  const scaled = (feeds: Feeds): Feeds => ({ ...feeds, [weight]: (feeds[weight] as Float32Array).map((w) => w / chunks) });
  return {
    async gradient(parameters, feeds, gradient) {
      const whole = scaled(feeds);
      const outputs: Readonly<Record<string, AnyTensor>>[] = [];
      let loss = 0;
      for (let index = 0; index < chunks; index++) {
        const target = index === 0 ? gradient : (scratch ??= new Float32Array(gradient.length));
        const result = await program.gradient(parameters, part(whole, index, chunks), target);
        loss += result.loss;
        outputs.push(result.outputs ?? {});
        if (target !== gradient) for (let i = 0; i < gradient.length; i++) gradient[i] += target[i];
      }
      return { loss, outputs: joined(outputs) };
    },
    async loss(parameters, feeds) {
      const whole = scaled(feeds);
      let loss = 0;
      for (let index = 0; index < chunks; index++) loss += await program.loss(parameters, part(whole, index, chunks));
      return loss;
    },
    dispose: () => program.dispose(),
  };
}
