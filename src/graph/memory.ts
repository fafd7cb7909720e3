/**
 * How much memory a program needs while it runs, worked out before it does: a value lives from the node that makes it to the last that reads it,
 *
 *   peak = constants + inputs + max over nodes of Σ bytes of the values alive during the node.
 *
 * Reshapes share their operand's memory and elementwise nodes write over an operand that dies with them, as in ONNX Runtime's planner. Scratch space inside
 * kernels, the runtime itself (tens of MB) and holes in its arena come on top.
 */
import { check } from '../core/errors.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import { BYTES_PER_ELEMENT, type Dtype } from '../core/tensor.ts';
import type { OnnxModel } from './onnx-model.ts';

export interface MemoryEstimate {
  /** The most bytes in use at once; the other three are parts of it. */
  readonly peakBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly constantBytes: number;
}

/** Operators whose result is the memory of their first operand. */
const VIEWS = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze', 'Flatten', 'Dropout']);
/** Operators that write over an operand of the same size when nothing else reads it. */
const IN_PLACE = new Set([
  'Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Relu', 'Sigmoid', 'Tanh', 'Clip', 'Cast', 'Not', 'LeakyRelu', 'Softplus',
]);

const bytesOf = ({ dtype, shape }: { readonly dtype: Dtype; readonly shape: Shape }): number => BYTES_PER_ELEMENT[dtype] * sizeOf(shape);

/** Throws when a value's type is unknown: models made by `lower` have all of them in `types`. */
export function estimateMemory(model: OnnxModel): MemoryEstimate {
  const total = (infos: readonly { readonly dtype: Dtype; readonly shape: Shape }[]): number => infos.reduce((sum, info) => sum + bytesOf(info), 0);
  const inputBytes = total(model.inputs);
  const constantBytes = total(model.initializers);
  const outputBytes = total(model.outputs);

  const types = new Map<string, { readonly dtype: Dtype; readonly shape: Shape }>(model.types);
  for (const info of [...model.outputs, ...model.inputs, ...model.initializers]) types.set(info.name, info);
  const typeOf = (name: string) => {
    const type = types.get(name);
    check(type, 'estimateMemory', () => `the model does not say the type of ${JSON.stringify(name)}; give it in model.types`);
    return type;
  };

  /** The value whose memory a name stands for. */
  const owner = new Map<string, string>();
  const own = (name: string): string => owner.get(name) ?? name;
  const fixed = new Set([...model.inputs, ...model.initializers].map(({ name }) => name));
  const outputs = new Set(model.outputs.map(({ name }) => name));
  for (const node of model.nodes) {
    // A view is not possible from a graph input or constant into a graph output: that is a copy.
    if (VIEWS.has(node.op) && !(outputs.has(node.outputs[0]) && fixed.has(own(node.inputs[0])))) owner.set(node.outputs[0], own(node.inputs[0]));
  }
  const lastUse = new Map<string, number>();
  model.nodes.forEach((node, i) => {
    for (const name of [...node.inputs, ...node.outputs]) if (name !== '') lastUse.set(own(name), i);
  });
  for (const name of outputs) lastUse.set(own(name), Infinity);

  /** Bytes of every block alive: made by a node, freed after the last use. */
  const alive = new Map<string, number>();
  let now = 0;
  let peak = 0;
  model.nodes.forEach((node, i) => {
    const dying = [...new Set(node.inputs.map(own))].filter((name) => alive.has(name) && lastUse.get(name) === i);
    for (const name of node.outputs) {
      if (name === '' || owner.has(name)) continue;
      const bytes = bytesOf(typeOf(name));
      const reused = IN_PLACE.has(node.op) ? dying.find((operand) => alive.get(operand) === bytes) : undefined;
      if (reused !== undefined) {
        alive.delete(reused);
        now -= bytes;
      }
      alive.set(name, bytes);
      now += bytes;
    }
    peak = Math.max(peak, now);
    for (const name of [...dying, ...node.outputs.map(own)]) {
      if (lastUse.get(name) !== i || !alive.has(name)) continue;
      now -= alive.get(name) as number;
      alive.delete(name);
    }
  });
  return { peakBytes: constantBytes + inputBytes + Math.max(peak, now), inputBytes, outputBytes, constantBytes };
}
