/** What our side of each benchmark does in a step: each maker prepares everything once and returns the step. */
import { createStream } from '../src/core/rng.ts';
import { sizeOf } from '../src/core/shape.ts';
import type { OnnxModel } from '../src/graph/onnx-model.ts';
import { compiledNetwork } from '../src/generate/network-program.ts';
import { compile } from '../src/runtime/program.ts';
import { denoisingProgram } from '../src/train/denoising-program.ts';
import { hostExecutor } from '../src/train/executor.ts';
import { layoutParameters } from '../src/nn/parameters.ts';
import { initialState } from '../src/train/state.ts';
import { benchNetwork, benchWeights } from './network.ts';
import type { Kind, WorkerOptions } from './sides.ts';

export interface PreparedStep {
  readonly parameters?: number;
  /** Does one whole step; resolves to a number that depends on its result. */
  step(): Promise<number>;
}

const normals = (length: number, index: number): Float32Array => createStream({ seed: 0, purpose: 'test', index }).normals(new Float32Array(length));

/** Noise prediction loss, backward, clipping to norm 1, AdamW, EMA: with the batch drawn beforehand, as on the other side. */
async function trainStep({ threads, config, batch }: Required<WorkerOptions>): Promise<PreparedStep> {
  const network = benchNetwork(config);
  const { parameters, weights } = benchWeights(network);
  const program = await denoisingProgram(network, batch, { device: 'cpu', threads });
  const executor = hostExecutor(program, initialState({ layout: layoutParameters(parameters), weights, ema: true }));
  const size = batch * sizeOf(network.shape);
  const times = Array.from({ length: batch }, (_, i) => (997 * (i + 1)) % 1000);
  const feeds = { x: normals(size, 0), time: network.timeInput(times), target: normals(size, 1), weight: new Float32Array(batch).fill(1) };
  return {
    parameters: weights.length,
    async step() {
      const { loss, applied, reason } = await executor.step([feeds], { learningRate: 1e-4 });
      if (!applied) throw new Error(`bench: the update was not applied: ${reason}`);
      return loss;
    },
  };
}

/** One evaluation of the network, then x ← s′·x0 + n′·ε with x0 = (x − n·ε)/s. */
async function sampleStep({ threads, config, batch }: Required<WorkerOptions>): Promise<PreparedStep> {
  const network = benchNetwork(config);
  const { weights } = benchWeights(network);
  const compiled = compiledNetwork(network, weights, { device: 'cpu', threads, batchSizes: [batch] });
  const x = { dtype: 'float32', shape: [batch, ...network.shape], data: normals(batch * sizeOf(network.shape), 0) } as const;
  const timesteps = new Float32Array(batch).fill(500);
  const [signal, noise, signalNext, noiseNext] = [0.27951, 0.96014, 0.31062, 0.95053];
  return {
    parameters: weights.length,
    async step() {
      const epsilon = await compiled.network(x, timesteps);
      const next = new Float32Array(epsilon.length);
      for (let i = 0; i < next.length; i++) next[i] = (signalNext * (x.data[i] - noise * epsilon[i])) / signal + noiseNext * epsilon[i];
      return next[0];
    },
  };
}

/** One product of square matrices, both of them inputs. */
async function sgemm({ threads, size }: Required<WorkerOptions>): Promise<PreparedStep> {
  const square = (name: string) => ({ name, dtype: 'float32', shape: [size, size] }) as const;
  const model: OnnxModel = {
    opset: 17,
    nodes: [{ op: 'MatMul', domain: '', name: 'product', inputs: ['a', 'b'], outputs: ['c'], attributes: {} }],
    initializers: [],
    inputs: [square('a'), square('b')],
    outputs: [square('c')],
  };
  const program = await compile(model, { device: 'cpu', threads });
  const feeds = { a: normals(size * size, 0), b: normals(size * size, 1) };
  const c = new Float32Array(size * size);
  return {
    async step() {
      await program.run(feeds, { c });
      return c[0];
    },
  };
}

export const OUR_STEPS: Readonly<Record<Kind | 'sgemm', (options: Required<WorkerOptions>) => Promise<PreparedStep>>> = {
  'train-step': trainStep,
  'sample-step': sampleStep,
  sgemm,
};
