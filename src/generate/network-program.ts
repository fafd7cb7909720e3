/**
 * A compiled network as a function of any batch: out = F(x, timestep, class), which is what denoisers are made of. Programs have static shapes, so a
 * batch is cut into pieces of a compiled size and the last piece is padded; rows do not see each other, so padding changes nothing.
 *
 * {@link compiledNetwork} has the weights as constants, which ONNX Runtime packs beforehand: for sampling. {@link previewNetwork} has them as
 * inputs and is compiled once for weights that change: for pictures during training.
 */
import { check } from '../core/errors.ts';
import { intTensor, type TensorData } from '../core/tensor.ts';
import type { Condition } from '../diffusion/condition.ts';
import type { Network } from '../diffusion/denoiser.ts';
import { exampleSize, parametersOf, traceNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import { createProgramCache } from '../runtime/cache.ts';
import { compileGraph, type CompileGraphOptions } from '../runtime/compile-graph.ts';
import type { Program } from '../runtime/program.ts';

/** The name under which a class number, int32 [batch], is found in a condition. */
export const CLASS = 'class';

/** The condition of classes, one a row. */
export const classCondition = (classes: ArrayLike<number>): Condition => ({ [CLASS]: intTensor([classes.length], Int32Array.from(classes)) });

/** ∅ of a class-conditional network: the last row of its class table. Undefined for an unconditional one. */
export const nullCondition = ({ classRows }: DenoisingNetwork): Condition | undefined => (classRows === null ? undefined : classCondition([classRows - 1]));

export interface NetworkProgramOptions extends CompileGraphOptions {
  /** Batch sizes that programs are compiled for, on first use: the largest cuts batches into pieces, the last piece takes the smallest that holds it. */
  readonly batchSizes?: readonly number[];
}

export interface NetworkProgram {
  readonly network: Network;
  dispose(): Promise<void>;
}

const OUTPUT = 'output';
const MAX_PROGRAMS = 3;

/** The network with fixed weights: `flat` in the order of its parameters, kept by reference. Throws when the length does not fit. */
export function compiledNetwork(network: DenoisingNetwork, flat: Float32Array, { batchSizes = [32], ...options }: NetworkProgramOptions = {}): NetworkProgram {
  const { size } = parametersOf(network);
  check(flat.length === size, 'compiledNetwork', () => `the network has ${size} parameters but ${flat.length} numbers came`);
  const make = (batch: number): Promise<Program> => {
    const { output } = traceNetwork(network, batch, { kind: 'constants', flat });
    return compileGraph({ [OUTPUT]: output }, options);
  };
  const { run, dispose } = programs(network, batchSizes, make);
  return { network: (x, timesteps, condition) => run(x, timesteps, condition, () => ({})), dispose };
}

export interface PreviewNetwork {
  /** The network with these weights, which must not change while it runs. */
  withWeights(flat: Float32Array): Network;
  dispose(): Promise<void>;
}

/** The network with its weights given call by call. */
export function previewNetwork(network: DenoisingNetwork, { batchSizes = [32], ...options }: NetworkProgramOptions = {}): PreviewNetwork {
  let parameters: readonly ParameterSpec[] = [];
  const make = (batch: number): Promise<Program> => {
    const traced = traceNetwork(network, batch, { kind: 'inputs' });
    parameters = traced.tracing.parameters;
    return compileGraph({ [OUTPUT]: traced.output }, options);
  };
  const { run, dispose } = programs(network, batchSizes, make);
  return {
    withWeights: (flat) => (x, timesteps, condition) =>
      run(x, timesteps, condition, () => Object.fromEntries(parameters.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]))),
    dispose,
  };
}

interface Programs {
  /** `weightFeeds` is asked once a program is there. */
  run(...call: [...Parameters<Network>, weightFeeds: () => Record<string, TensorData>]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Cuts and pads batches for programs made by `make`. */
function programs(network: DenoisingNetwork, batchSizes: readonly number[], make: (batch: number) => Promise<Program>): Programs {
  check(batchSizes.length > 0 && batchSizes.every((n) => Number.isInteger(n) && n >= 1), 'network program', () => `batchSizes must be positive integers, got ${batchSizes.join(', ') || 'none'}`);
  const sizes = [...new Set(batchSizes)].sort((a, b) => a - b);
  const largest = sizes[sizes.length - 1];
  const cache = createProgramCache(Math.min(sizes.length, MAX_PROGRAMS));
  const width = exampleSize(network);

  return {
    async run(x, timesteps, condition, weightFeeds) {
      const batch = x.shape[0];
      check(x.data.length === batch * width, 'network program', () => `x must be [batch, ${network.shape.join(', ')}] but has shape [${x.shape.join(', ')}]`);
      check(timesteps.length === batch, 'network program', () => `${batch} rows need as many timesteps but ${timesteps.length} came`);
      const rows = classRowsOf(network, condition, batch);
      let output: Float32Array | undefined;
      for (let from = 0; from < batch; from += largest) {
        const count = Math.min(largest, batch - from);
        const compiled = sizes.find((size) => size >= count)!;
        const program = await cache.get(String(compiled), () => make(compiled));
        const feeds: Record<string, TensorData> = {
          x: padded(x.data.subarray(from * width, (from + count) * width), compiled * width),
          time: network.timeInput(padded(timesteps.subarray(from, from + count), compiled)),
          ...(rows && { classLabels: padded(rows.subarray(from, from + count), compiled) }),
          ...weightFeeds(),
        };
        const result = (await program.run(feeds))[OUTPUT] as Float32Array;
        if (count === batch) return count === compiled ? result : result.slice(0, (result.length / compiled) * count);
        const each = result.length / compiled;
        output ??= new Float32Array(batch * each);
        output.set(result.subarray(0, count * each), from * each);
      }
      check(output, 'network program', 'the batch is empty');
      return output;
    },
    dispose: () => cache.dispose(),
  };
}

/** Rows of the class table; ∅ where no condition is given. Throws on classes that the table does not have. */
function classRowsOf({ classRows }: DenoisingNetwork, condition: Condition | undefined, batch: number): Int32Array | undefined {
  if (classRows === null) {
    check(!condition || Object.keys(condition).length === 0, 'network program', 'this network is unconditional; pass no condition');
    return undefined;
  }
  if (!condition) return new Int32Array(batch).fill(classRows - 1);
  const classes = condition[CLASS];
  check(classes?.dtype === 'int32' && classes.data.length === batch, 'network program', () => `the condition must have ${CLASS}, int32 [${batch}]; it has ${Object.keys(condition).join(', ') || 'nothing'}`);
  const rows = classes.data;
  for (const row of rows) check(row >= 0 && row < classRows, 'network program', () => `class ${row} is not in 0 … ${classRows - 1} (the last is the null class)`);
  return rows;
}

function padded<A extends Float32Array | Int32Array>(rows: A, length: number): A {
  if (rows.length === length) return rows;
  const out = new (rows.constructor as new (n: number) => A)(length);
  out.set(rows);
  return out;
}
