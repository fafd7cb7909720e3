import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { executionOrder } from './execution-order.ts';
import { estimateMemory } from './memory.ts';
import { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxTensorInfo } from './onnx.ts';

const node = (op: string, inputs: string[], output: string): OnnxNode => ({ op, domain: '', name: output, inputs, outputs: [output], attributes: {} });
const f = (name: string, ...shape: number[]): OnnxTensorInfo => ({ name, dtype: 'float32', shape });
/** A model whose every value is a 10 × 10 float32 matrix (400 bytes), but for those in `shapes`. */
const model = (nodes: OnnxNode[], inputs: string[], outputs: string[], shapes: Record<string, number[]> = {}): OnnxModel => {
  const info = (name: string) => f(name, ...(shapes[name] ?? [10, 10]));
  return { opset: 21, nodes, initializers: [], inputs: inputs.map(info), outputs: outputs.map(info), types: new Map(nodes.map((n) => [n.outputs[0], info(n.outputs[0])])) };
};
const peak = (m: OnnxModel): number => estimateMemory(m).peakBytes;

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

  it('uses the block of a dead value again', () => {
    // However long a chain of matrix products, two blocks are in use at a time beside the input.
    for (const n of [2, 3, 4, 31]) {
      const nodes = Array.from({ length: n }, (_, i) => node('MatMul', [i ? `v${i - 1}` : 'x', 'x'], `v${i}`));
      expect(peak(model(nodes, ['x'], [`v${n - 1}`]))).toBe(400 + 2 * 400);
    }
    // Read once more by the last node, the first value keeps its block.
    const skip = [node('MatMul', ['x', 'x'], 'a'), node('MatMul', ['a', 'x'], 'b'), node('MatMul', ['b', 'x'], 'c'), node('MatMul', ['c', 'a'], 'd')];
    expect(peak(model(skip, ['x'], ['d']))).toBe(400 + 3 * 400);
  });

  it('takes a dead block for exactly its shape only', () => {
    // c [5, 20] cannot take a's [10, 10]; a's block is free while c and d are alive, so it does not count.
    const nodes = [node('MatMul', ['x', 'x'], 'a'), node('MatMul', ['a', 'w'], 'b'), node('MatMul', ['v', 'b'], 'c'), node('MatMul', ['c', 'u'], 'd')];
    const shapes = { w: [10, 20], b: [10, 20], v: [5, 10], c: [5, 20], u: [20, 1], d: [5, 1] };
    expect(peak(model(nodes, ['x', 'w', 'v', 'u'], ['d'], shapes))).toBe(4 * (100 + 200 + 50 + 20) + 4 * (100 + 200));
    // A dead block that is taken later is held meanwhile: p is dead while q (twice as large) lives, and r takes it.
    const held = [node('MatMul', ['x', 'x'], 'p'), node('MatMul', ['p', 'w'], 'q'), node('MatMul', ['q', 's'], 't'), node('MatMul', ['t', 'u'], 'r'), node('MatMul', ['r', 'x'], 'y')];
    const sizes = { w: [10, 20], q: [10, 20], s: [20, 40], t: [10, 40], u: [40, 10] };
    expect(peak(model(held, ['x', 'w', 's', 'u'], ['y'], sizes))).toBe(4 * (100 + 200 + 800 + 400) + 4 * (100 + 200 + 400));
  });

  it('keeps outputs to the end', () => {
    const nodes = [node('MatMul', ['x', 'x'], 'a'), node('MatMul', ['x', 'x'], 'b'), node('MatMul', ['x', 'x'], 'c')];
    expect(estimateMemory(model(nodes, ['x'], ['a', 'b', 'c']))).toMatchObject({ peakBytes: 400 + 1200, outputBytes: 1200 });
  });

  it('lets activations write over an operand that dies, and only such', () => {
    const chain = (op: string) => [node('MatMul', ['x', 'x'], 'a'), node(op, ['a'], 'b'), node('ReduceSum', ['b'], 'c')];
    const sums = { c: [1] };
    expect(peak(model(chain('Sigmoid'), ['x'], ['c'], sums))).toBe(400 + 400 + 4);
    expect(peak(model(chain('Exp'), ['x'], ['c'], sums))).toBe(400 + 800);
    // `a` is read again: its memory cannot be taken.
    const again = [node('MatMul', ['x', 'x'], 'a'), node('Sigmoid', ['a'], 'b'), node('Mul', ['a', 'b'], 'c')];
    expect(peak(model(again, ['x'], ['c']))).toBe(400 + 1200);
    // Nor is an input ever written over.
    expect(peak(model([node('Sigmoid', ['x'], 'a'), node('ReduceSum', ['a'], 'c')], ['x'], ['c'], sums))).toBe(400 + 400 + 4);
  });

  it('gives reshapes no memory of their own, and keeps what they view alive', () => {
    const nodes = [node('MatMul', ['x', 'x'], 'a'), node('Reshape', ['a', 'shape'], 'r'), node('MatMul', ['x', 'x'], 'b'), node('MatMul', ['r', 'b'], 'c')];
    expect(peak(model(nodes, ['x'], ['c']))).toBe(400 + 3 * 400);
    expect(peak(model([node('Reshape', ['x', 'shape'], 'r'), node('MatMul', ['r', 'x'], 'c')], ['x'], ['c']))).toBe(400 + 400);
    // An output that only renames an input is a copy.
    expect(peak(model([node('Identity', ['x'], 'y')], ['x'], ['y']))).toBe(400 + 400);
  });

  it('says which type is missing', () => {
    const m = { ...model([node('MatMul', ['x', 'x'], 'h'), node('Exp', ['h'], 'y')], ['x'], ['y']), types: undefined };
    expect(() => estimateMemory(m)).toThrow('estimateMemory: the model does not say the type of "h"; give it in model.types');
  });
});

describe('executionOrder', () => {
  it("is ONNX Runtime's own", async () => {
    // A random graph with many loose ends; ONNX Runtime's profile tells the order it took.
    let state = 7;
    const random = (n: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
    const nodes: OnnxNode[] = [];
    for (let i = 0; i < 120; i++) {
      const operand = () => (i === 0 || random(8) === 0 ? 'x' : `v${Math.max(0, i - 1 - random(30))}`);
      nodes.push(random(2) ? node('Mul', [operand(), operand()], `v${i}`) : node('Tanh', [operand()], `v${i}`));
    }
    const read = new Set(nodes.flatMap((n) => n.inputs));
    const m = model(nodes, ['x'], nodes.map((n) => n.outputs[0]).filter((name) => !read.has(name)));
    const folder = mkdtempSync(join(tmpdir(), 'noisette-order-'));
    try {
      const session = await ort.InferenceSession.create(encodeOnnx(m), { logSeverityLevel: 3, graphOptimizationLevel: 'disabled', enableProfiling: true, profileFilePrefix: join(folder, 'p') });
      await session.run({ x: new ort.Tensor('float32', new Float32Array(100).fill(0.5), [10, 10]) });
      session.endProfiling();
      await session.release();
      const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8')) as { cat: string; name: string }[];
      const ran = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time')).map(({ name }) => name.slice(0, -'_kernel_time'.length));
      expect(ran).toHaveLength(nodes.length);
      expect(executionOrder(m).map(({ name }) => name)).toEqual(ran);
      expect(ran).not.toEqual(nodes.map(({ name }) => name));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
