import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { NoisetteError } from '../core/errors.ts';
import { decodeOnnx, encodeOnnx, type OnnxModel, type OnnxNode } from './onnx.ts';
import { DATA_TYPE, GRAPH, MODEL, NODE, ATTRIBUTE, OPSET, TENSOR } from './onnx-schema.ts';
import { createProtoWriter, type ProtoWriter } from './protobuf-writer.ts';

const node = (op: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes'] = {}, domain = ''): OnnxNode => ({ op, domain, name: `${op}_${outputs[0]}`, inputs, outputs, attributes });

/** Every dtype, every kind of attribute, an absent optional input, both domains, names beyond ASCII, a scalar, an empty shape. */
const model: OnnxModel = {
  opset: 18,
  nodes: [
    node('Transpose', ['x'], ['xt'], { perm: { kind: 'ints', value: [1, 0] } }),
    node('MatMul', ['xt', 'gewicht.ß'], ['h']),
    node('Clip', ['h', '', 'high'], ['c']),
    node('QuickGelu', ['c'], ['q'], { alpha: { kind: 'float', value: 1 } }, 'com.microsoft'),
    node('ReduceSum', ['q', 'axes'], ['s'], { keepdims: { kind: 'int', value: 0 } }),
    node('Gather', ['s', 'pick'], ['g'], { axis: { kind: 'int', value: -1 } }),
    node('Cast', ['mask'], ['m'], { to: { kind: 'int', value: DATA_TYPE.float32 } }),
    node('Mul', ['g', 'm'], ['y']),
    node('Cast', ['bytes'], ['z'], { to: { kind: 'int', value: DATA_TYPE.float32 } }),
  ],
  initializers: [
    { name: 'gewicht.ß', dtype: 'float32', shape: [2, 4], data: Float32Array.of(1, -2, 3.5, 4, 5, 6, -7, 1e-30) },
    { name: 'high', dtype: 'float32', shape: [], data: Float32Array.of(9) },
    { name: 'axes', dtype: 'int64', shape: [1], data: BigInt64Array.of(-1n) },
    { name: 'pick', dtype: 'int32', shape: [2], data: Int32Array.of(2, -3) },
    { name: 'mask', dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
    { name: 'bytes', dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 128, 255) },
  ],
  inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2] }, { name: 'z', dtype: 'float32', shape: [3] }],
  metadata: { model: 'a test', 'größe': 'klein' },
};

/** The same model, worked out by hand. */
function expected(x: Float32Array): number[] {
  const w = model.initializers[0].data as Float32Array;
  const rows = [0, 1, 2].map((r) => {
    let sum = 0;
    for (let c = 0; c < 4; c++) {
      const v = Math.min(9, x[r] * w[c] + x[3 + r] * w[4 + c]);
      sum += v / (1 + Math.exp(-v));
    }
    return sum;
  });
  return [rows[2], 0]; // the mask drops the other
}

describe('encodeOnnx and decodeOnnx', () => {
  it('round-trips every dtype and attribute', () => {
    const back = decodeOnnx(encodeOnnx(model));
    expect({ ...back, types: undefined }).toEqual({ ...model, types: undefined });
  });

  it('writes what stock ONNX Runtime opens and computes', async () => {
    const session = await ort.InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 3 });
    const x = Float32Array.of(0.1, -0.2, 0.3, 0.4, 0.5, -0.6);
    const { y, z } = await session.run({ x: new ort.Tensor('float32', x, [2, 3]) });
    const want = expected(x);
    expect(y.dims).toEqual([2]);
    for (let i = 0; i < 2; i++) expect(Number(y.data[i])).toBeCloseTo(want[i], 4);
    expect(Array.from(z.data as Float32Array)).toEqual([0, 128, 255]);
    await session.release();
  });

  it('reads what ONNX Runtime writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'noisette-onnx-'));
    try {
      const file = join(folder, 'saved.onnx');
      const session = await ort.InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 3, optimizedModelFilePath: file, graphOptimizationLevel: 'disabled' });
      await session.release();
      const back = decodeOnnx(readFileSync(file));
      const sorted = (m: OnnxModel) => [...m.initializers].sort((a, b) => (a.name < b.name ? -1 : 1));
      expect(sorted(back)).toEqual(sorted(model));
      expect(back.inputs).toEqual(model.inputs);
      expect(back.outputs).toEqual(model.outputs);
      expect(back.opset).toBe(18);
      expect(new Set(back.nodes.map((n) => `${n.domain}:${n.op}(${n.inputs.join()})->${n.outputs.join()}`)))
        .toEqual(new Set(model.nodes.map((n) => `${n.domain}:${n.op}(${n.inputs.join()})->${n.outputs.join()}`)));
      expect(back.nodes.find((n) => n.op === 'Transpose')?.attributes.perm).toEqual({ kind: 'ints', value: [1, 0] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses constants whose data do not fit', () => {
    const broken = { ...model, initializers: [{ ...model.initializers[0], shape: [3, 4] }] };
    expect(() => encodeOnnx(broken)).toThrow(/gewicht.ß" of shape \[3, 4\] needs 12 values but 8 came/);
  });

  it('is linear in the number of nodes and copies weights once', () => {
    const chain = (n: number): OnnxModel => ({
      opset: 18,
      nodes: Array.from({ length: n }, (_, i) => node('Relu', [i ? `v${i - 1}` : 'x'], [`v${i}`])),
      initializers: [],
      inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
      outputs: [{ name: `v${n - 1}`, dtype: 'float32', shape: [1] }],
    });
    // The processor's time, not the clock's: other processes must not count.
    const time = (n: number): number => {
      const m = chain(n);
      const start = process.cpuUsage();
      encodeOnnx(m);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    time(2000);
    let [small, large] = [Infinity, Infinity];
    for (let i = 0; i < 5; i++) [small, large] = [Math.min(small, time(2000)), Math.min(large, time(20000))];
    expect(large).toBeLessThan(10 * small * 4 + 20);

    const weights = new Float32Array(16 * 2 ** 20);
    const big: OnnxModel = { ...chain(1), initializers: [{ name: 'w', dtype: 'float32', shape: [weights.length], data: weights }] };
    const before = process.memoryUsage().arrayBuffers;
    const bytes = encodeOnnx(big);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.1 * weights.byteLength);
    expect(bytes.length).toBeGreaterThan(weights.byteLength);
  });
});

/** A file written field by field, as other tools write it. */
function file(graph: (w: ProtoWriter) => void, more: (w: ProtoWriter) => void = () => undefined): Uint8Array {
  const w = createProtoWriter();
  w.message(OPSET_IMPORT, () => w.int(OPSET.version, 17));
  w.string(99, 'a field from the future');
  w.float(98, 1);
  w.message(MODEL.graph, () => graph(w));
  more(w);
  return w.finish();
}
const OPSET_IMPORT = MODEL.opsetImport;
const packed = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('decodeOnnx', () => {
  it('reads typed data fields, packed and not, and skips unknown fields', () => {
    const bytes = file((w) => {
      const tensor = (name: string, dtype: keyof typeof DATA_TYPE, length: number, body: () => void) => w.message(GRAPH.initializer, () => {
        w.bytes(TENSOR.dims, packed(length));
        w.int(TENSOR.dataType, DATA_TYPE[dtype]);
        w.string(TENSOR.name, name);
        body();
      });
      tensor('f', 'float32', 3, () => { w.bytes(TENSOR.floatData, new Uint8Array(Float32Array.of(1.5, -2).buffer)); w.float(TENSOR.floatData, 3); });
      tensor('i', 'int32', 3, () => { w.bytes(TENSOR.int32Data, packed(5, 0x80, 0x01)); w.int(TENSOR.int32Data, -7); });
      tensor('l', 'int64', 2, () => { w.int(TENSOR.int64Data, -(2n ** 62n)); w.bytes(TENSOR.int64Data, packed(0xff, 0x01)); });
      tensor('b', 'bool', 2, () => w.bytes(TENSOR.int32Data, packed(1, 0)));
      tensor('u', 'uint8', 2, () => w.bytes(TENSOR.int32Data, packed(0xff, 0x01, 3)));
    });
    expect(decodeOnnx(bytes).initializers).toEqual([
      { name: 'f', dtype: 'float32', shape: [3], data: Float32Array.of(1.5, -2, 3) },
      { name: 'i', dtype: 'int32', shape: [3], data: Int32Array.of(5, 128, -7) },
      { name: 'l', dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 62n), 255n) },
      { name: 'b', dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      { name: 'u', dtype: 'uint8', shape: [2], data: Uint8Array.of(255, 3) },
    ]);
  });

  it('turns Constant nodes into initializers and drops initializers from the inputs', () => {
    const constant = (w: ProtoWriter, output: string, key: string, type: number, body: () => void) => w.message(GRAPH.node, () => {
      w.string(NODE.output, output);
      w.string(NODE.opType, 'Constant');
      w.message(NODE.attribute, () => { w.string(ATTRIBUTE.name, key); body(); w.int(ATTRIBUTE.type, type); });
    });
    const bytes = file((w) => {
      constant(w, 'a', 'value', 4, () => w.message(ATTRIBUTE.t, () => { w.int(TENSOR.dims, 1); w.int(TENSOR.dataType, 6); w.bytes(TENSOR.rawData, packed(7, 0, 0, 0)); }));
      constant(w, 'b', 'value_ints', 7, () => w.bytes(ATTRIBUTE.ints, packed(3, 4)));
      constant(w, 'c', 'value_float', 1, () => w.float(ATTRIBUTE.f, 0.5));
    });
    expect(decodeOnnx(bytes)).toMatchObject({
      nodes: [],
      initializers: [
        { name: 'a', dtype: 'int32', shape: [1], data: Int32Array.of(7) },
        { name: 'b', dtype: 'int64', shape: [2], data: BigInt64Array.of(3n, 4n) },
        { name: 'c', dtype: 'float32', shape: [], data: Float32Array.of(0.5) },
      ],
    });
  });

  it('gives symbolic dimensions as -1', () => {
    const open = { ...model, inputs: [{ ...model.inputs[0], shape: [2, -1] }] };
    expect(decodeOnnx(encodeOnnx(open)).inputs[0].shape).toEqual([2, -1]);
  });

  it('names what it does not support', () => {
    const tensor = (type: number) => file((w) => w.message(GRAPH.initializer, () => { w.int(TENSOR.dataType, type); w.string(TENSOR.name, 'half'); }));
    expect(() => decodeOnnx(tensor(10))).toThrow(/tensor "half" at byte \d+ has element type float16, which is not supported; one of float32/);
    const elsewhere = file((w) => w.message(GRAPH.initializer, () => { w.string(TENSOR.name, 'far'); w.int(TENSOR.dataLocation, 1); }));
    expect(() => decodeOnnx(elsewhere)).toThrow(/"far" are in another file/);
    const subgraph = file((w) => w.message(GRAPH.node, () => w.message(NODE.attribute, () => { w.string(ATTRIBUTE.name, 'then_branch'); w.int(ATTRIBUTE.type, 5); })));
    expect(() => decodeOnnx(subgraph)).toThrow(/"then_branch" is of kind graph, which is not supported/);
    expect(() => decodeOnnx(new Uint8Array(0))).toThrow(/holds no graph/);
    expect(() => decodeOnnx(new TextEncoder().encode('PK\u0003\u0004 no model at all'))).toThrow(NoisetteError);
  });

  it('meets truncated and damaged files with an error that says where', () => {
    const bytes = encodeOnnx(model);
    expect(() => decodeOnnx(bytes.subarray(0, 200))).toThrow(/protobuf: field \d+ claims \d+ bytes but \d+ are left at byte \d+/);
    let refused = 0;
    const attempt = (damaged: Uint8Array): void => {
      try {
        decodeOnnx(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(NoisetteError);
        refused++;
      }
    };
    for (let n = 0; n < bytes.length; n++) attempt(bytes.subarray(0, n));
    let state = 1;
    for (let n = 0; n < 2000; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const damaged = bytes.slice();
      damaged[state % bytes.length] ^= 1 << (state >>> 29);
      attempt(damaged);
    }
    expect(refused).toBeGreaterThan(bytes.length / 2);
  });
});
