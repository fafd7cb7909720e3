import { describe, expect, test } from 'vitest';
import { sizeOf } from '../../core/shape.ts';
import { evaluate } from '../evaluate.ts';
import { grad } from '../grad.ts';
import { createGraph } from '../graph.ts';
import type { Value } from '../types.ts';
import { OP_CASES, generator, instantiate } from './op.cases.ts';
import * as op from './index.ts';

describe('gradient rules against central differences in double precision', () => {
  test.each(OP_CASES.map((c) => [c.name, c] as const))('%s', (_, opCase) => {
    const { graph, inputs, output, feeds } = instantiate(opCase);
    const random = generator(7);
    const weights = graph.constant(Float32Array.from({ length: sizeOf(output.shape) }, () => random() * 2 - 1), output.shape, 'float32');
    const loss = op.sumAll(op.mul(output, weights));
    const smooth = inputs.filter((_, k) => opCase.integers?.[k] === undefined);
    const gradients = evaluate(grad(loss, smooth), feeds, 'double');
    const h = 1e-5;
    smooth.forEach((input, k) => {
      const name = input.attributes.name as string;
      const every = Math.max(1, Math.floor(feeds[name].length / 12));
      for (let i = 0; i < feeds[name].length; i += every) {
        const at = (delta: number): number => {
          const moved = feeds[name].slice();
          moved[i] += delta;
          return Number(evaluate([loss], { ...feeds, [name]: moved }, 'double')[0].data[0]);
        };
        const numeric = (at(h) - at(-h)) / (2 * h);
        expect(Math.abs(Number(gradients[k].data[i]) - numeric), `d/d${name}[${i}]`).toBeLessThan(1e-6 * Math.max(1, Math.abs(numeric)) + 2e-7);
      }
    });
  });
});

test('gradients of gradients: d²/dx² of Σ silu(conv(x, w))² by differences of the first', () => {
  const graph = createGraph();
  const random = generator(3);
  const x = graph.input('x', [1, 2, 4, 4]);
  const w = graph.input('w', [2, 2, 3, 3]);
  const feeds = { x: Array.from({ length: 32 }, () => random() - 0.5), w: Array.from({ length: 36 }, () => random() - 0.5) };
  const y = op.silu(op.conv2d(x, w, { stride: 2, padding: 1 }));
  const [dx] = grad(op.sumAll(op.square(y)), [x]);
  const inner = op.sumAll(op.mul(dx, dx));
  const [dw] = evaluate(grad(inner, [w]), feeds, 'double');
  const at = (i: number, d: number): number => Number(evaluate([inner], { ...feeds, w: feeds.w.map((v, k) => (k === i ? v + d : v)) }, 'double')[0].data[0]);
  for (const i of [0, 7, 20, 35]) expect(Number(dw.data[i])).toBeCloseTo((at(i, 1e-5) - at(i, -1e-5)) / 2e-5, 6);
});

test('values that can be worked out by hand', () => {
  const graph = createGraph();
  const constant = (values: number[], shape: number[]) => graph.constant(Float32Array.from(values), shape, 'float32');
  const run = (v: Value) => Array.from(evaluate([v], {})[0].data, Number);
  expect(run(op.conv2d(constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]), constant([1, 0, 0, -1], [1, 1, 2, 2])))).toEqual([-4, -4, -4, -4]);
  expect(run(op.matmul(constant([1, 2, 3, 4], [2, 2]), constant([5, 6, 7, 8], [2, 2]), { transA: true }))).toEqual([26, 30, 38, 44]);
  expect(run(op.upsampleNearest(constant([1, 2], [1, 1, 1, 2]), 2))).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  expect(run(op.spaceToDepth(constant([1, 2, 3, 4], [1, 1, 2, 2]), 2))).toEqual([1, 2, 3, 4]);
  expect(run(op.resize2d(constant([0, 4], [1, 1, 1, 2]), [1, 4], 'bilinear'))).toEqual([0, 1, 3, 4]);
  expect(run(op.softmax(constant([0, Math.log(3)], [1, 2])))).toEqual([0.25, 0.75].map((v) => expect.closeTo(v, 6)));
  expect(run(op.gelu(constant([1], [1])))[0]).toBeCloseTo(0.8413447460685429, 6);
  expect(run(op.slice(constant([1, 2, 3, 4, 5], [5]), 0, 4, -1, -2))).toEqual([5, 3, 1]);
});

test('a reshaped value can be differentiated by, though its users reshape it again', () => {
  const graph = createGraph();
  const x = graph.input('x', [4]);
  const square = op.reshape(x, [2, 2]);
  const [g] = grad(op.sumAll(op.square(op.reshape(square, [1, 4]))), [square]);
  expect(Array.from(evaluate([g], { x: [1, 2, 3, 4] })[0].data, Number)).toEqual([2, 4, 6, 8]);
});

test('equal nodes are shared', () => {
  const graph = createGraph();
  const x = graph.input('x', [2, 2]);
  expect(op.add(op.transpose(x, [1, 0]), 1)).toBe(op.add(op.transpose(x, [1, 0]), 1));
  expect(op.add(x, 0)).not.toBe(op.add(x, -0));
});

test('shape rules refuse with the two shapes and the rule', () => {
  const graph = createGraph();
  const x = graph.input('x', [1, 3, 8, 8]);
  expect(() => op.conv2d(x, graph.input('w', [4, 4, 3, 3]))).toThrow('conv2d: input has 3 channels but the weight expects 4');
  expect(() => op.add(x, graph.input('b', [4]))).toThrow('add: shapes [1, 3, 8, 8] and [4] do not broadcast');
  expect(() => op.reshape(x, [5])).toThrow('reshape: [1, 3, 8, 8] has 192 elements but [5] needs 5');
  expect(() => graph.input('x', [1])).toThrow('the name "x" is taken');
  expect(() => grad(x, [x])).toThrow('the loss must be a scalar');
});
