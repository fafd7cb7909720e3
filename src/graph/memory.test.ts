import { describe, expect, it } from 'vitest';
import { estimateMemory } from './memory.ts';
import type { OnnxModel, OnnxNode, OnnxTensorInfo } from './onnx-model.ts';

const node = (op: string, inputs: string[], output: string): OnnxNode => ({ op, domain: '', name: output, inputs, outputs: [output], attributes: {} });
const f = (name: string, ...shape: number[]): OnnxTensorInfo => ({ name, dtype: 'float32', shape });
/** A model whose every value is one float32 vector of 100 (400 bytes), but for those in `sizes`. */
const model = (nodes: OnnxNode[], inputs: string[], outputs: string[], sizes: Record<string, number> = {}): OnnxModel => {
  const info = (name: string) => f(name, sizes[name] ?? 100);
  return { opset: 21, nodes, initializers: [], inputs: inputs.map(info), outputs: outputs.map(info), types: new Map(nodes.map((n) => [n.outputs[0], info(n.outputs[0])])) };
};

describe('estimateMemory', () => {
  it('counts constants, inputs and outputs of every dtype', () => {
    const m: OnnxModel = {
      opset: 21,
      nodes: [node('MatMul', ['x', 'w'], 'y')],
      initializers: [{ ...f('w', 3, 4), data: new Float32Array(12) }, { name: 'i', dtype: 'int64', shape: [2], data: new BigInt64Array(2) }, { name: 'u', dtype: 'uint8', shape: [5], data: new Uint8Array(5) }],
      inputs: [f('x', 2, 3)],
      outputs: [f('y', 2, 4)],
    };
    expect(estimateMemory(m)).toEqual({ constantBytes: 48 + 16 + 5, inputBytes: 24, outputBytes: 32, peakBytes: 69 + 24 + 32 });
  });

  it('frees a value after its last use', () => {
    // A chain of n matrix products holds two values at a time beside its input, however long.
    for (const n of [2, 3, 30]) {
      const nodes = Array.from({ length: n }, (_, i) => node('MatMul', [i ? `v${i - 1}` : 'x', 'x'], `v${i}`));
      expect(estimateMemory(model(nodes, ['x'], [`v${n - 1}`])).peakBytes).toBe(400 + 2 * 400);
    }
    // A value that the last node reads as well is alive all along.
    const skip = [node('MatMul', ['x', 'x'], 'a'), node('MatMul', ['a', 'x'], 'b'), node('MatMul', ['b', 'x'], 'c'), node('MatMul', ['c', 'a'], 'd')];
    expect(estimateMemory(model(skip, ['x'], ['d'])).peakBytes).toBe(400 + 3 * 400);
  });

  it('keeps outputs to the end', () => {
    const nodes = [node('MatMul', ['x', 'x'], 'a'), node('MatMul', ['x', 'x'], 'b'), node('MatMul', ['x', 'x'], 'c')];
    expect(estimateMemory(model(nodes, ['x'], ['a', 'b', 'c']))).toMatchObject({ peakBytes: 400 + 1200, outputBytes: 1200 });
  });

  it('lets elementwise nodes write over an operand that dies, and only such', () => {
    const chain = [node('MatMul', ['x', 'x'], 'a'), node('Exp', ['a'], 'b'), node('Add', ['b', 'x'], 'c')];
    expect(estimateMemory(model(chain, ['x'], ['c'])).peakBytes).toBe(400 + 400);
    // `a` is read again: its memory cannot be taken.
    const again = [node('MatMul', ['x', 'x'], 'a'), node('Exp', ['a'], 'b'), node('Mul', ['a', 'b'], 'c')];
    expect(estimateMemory(model(again, ['x'], ['c'])).peakBytes).toBe(400 + 800);
    // A broadcast operand is too small to hold the result.
    const small = [node('ReduceSum', ['x'], 'a'), node('Add', ['a', 'x'], 'b')];
    expect(estimateMemory(model(small, ['x'], ['b'], { a: 1 })).peakBytes).toBe(400 + 4 + 400);
    // Nor is an input ever written over.
    expect(estimateMemory(model([node('Exp', ['x'], 'a')], ['x'], ['a'])).peakBytes).toBe(400 + 400);
  });

  it('gives reshapes no memory of their own, and keeps what they view alive', () => {
    const nodes = [node('MatMul', ['x', 'x'], 'a'), node('Reshape', ['a', 'shape'], 'r'), node('MatMul', ['x', 'x'], 'b'), node('MatMul', ['r', 'b'], 'c')];
    expect(estimateMemory(model(nodes, ['x'], ['c'])).peakBytes).toBe(400 + 3 * 400);
    // An output that only renames an input is a copy.
    expect(estimateMemory(model([node('Identity', ['x'], 'y')], ['x'], ['y'])).peakBytes).toBe(400 + 400);
  });

  it('says which type is missing', () => {
    const m = { ...model([node('MatMul', ['x', 'x'], 'h'), node('Exp', ['h'], 'y')], ['x'], ['y']), types: undefined };
    expect(() => estimateMemory(m)).toThrow('estimateMemory: the model does not say the type of "h"; give it in model.types');
  });
});
