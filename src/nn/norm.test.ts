import { expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { evaluate } from '../graph/evaluate.ts';
import { grad } from '../graph/grad.ts';
import { createGraph } from '../graph/graph.ts';
import { add, mul, reshape, sumAll } from '../graph/ops/index.ts';
import { groupNorm, layerNorm } from './norm.ts';
import { trace } from './network.ts';

const [N, C, H, W, GROUPS] = [2, 6, 3, 4, 3];
const stream = createStream({ seed: 1, purpose: 'test' });
const x = Array.from(stream.normals(new Float32Array(N * C * H * W)), Number);

/** Group norm by its definition. */
function plain(values: readonly number[], gamma: readonly number[], beta: readonly number[], eps: number): number[] {
  const out = new Array<number>(values.length);
  const size = (C / GROUPS) * H * W;
  for (let g = 0; g < N * GROUPS; g++) {
    const part = values.slice(g * size, (g + 1) * size);
    const mean = part.reduce((a, b) => a + b, 0) / size;
    const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / size;
    part.forEach((v, i) => {
      const channel = (g % GROUPS) * (C / GROUPS) + Math.floor(i / (H * W));
      out[g * size + i] = ((v - mean) / Math.sqrt(variance + eps)) * gamma[channel] + beta[channel];
    });
  }
  return out;
}

test('group norm is its definition, with a shift as if that had been added first', () => {
  const gamma = [1, 2, 0.5, -1, 1.5, 3];
  const beta = [0, 1, -1, 0.5, 2, 0];
  const shift = Array.from({ length: N * C }, (_, i) => Math.sin(i) * 3);
  const graph = createGraph();
  const { scope } = trace(graph, { kind: 'inputs' });
  const input = graph.input('x', [N, C, H, W]);
  const shiftInput = graph.input('shift', [N, C]);
  const folded = groupNorm(scope, input, { groups: GROUPS, shift: shiftInput });
  const unfolded = groupNorm(scope, add(input, reshape(shiftInput, [N, C, 1, 1])), { groups: GROUPS });
  const feeds = { x, shift, weight: gamma, bias: beta };
  const [a, b] = evaluate([folded, unfolded], feeds, 'double').map((t) => Array.from(t.data, Number));
  const expected = plain(x.map((v, i) => v + shift[Math.floor(i / (H * W))]), gamma, beta, 1e-5);
  expected.forEach((v, i) => {
    expect(a[i]).toBeCloseTo(v, 6);
    expect(b[i]).toBeCloseTo(v, 6);
  });
  // The gradients of both ways agree too, the shift's among them.
  const weights = graph.constant(stream.normals(new Float32Array(x.length), 1), [N, C, H, W], 'float32');
  const [dx1, ds1] = evaluate(grad(sumAll(mul(folded, weights)), [input, shiftInput]), feeds, 'double');
  const [dx2, ds2] = evaluate(grad(sumAll(mul(unfolded, weights)), [input, shiftInput]), feeds, 'double');
  dx2.data.forEach((v, i) => expect(Number(dx1.data[i])).toBeCloseTo(Number(v), 6));
  ds2.data.forEach((v, i) => expect(Number(ds1.data[i])).toBeCloseTo(Number(v), 6));
});

test('a shift that is the same for the whole batch may have one row', () => {
  const graph = createGraph();
  const { scope } = trace(graph, { kind: 'inputs' });
  const input = graph.input('x', [N, C, H, W]);
  const row = graph.constant(Float32Array.from({ length: C }, (_, i) => i), [1, C], 'float32');
  const rows = graph.constant(Float32Array.from({ length: N * C }, (_, i) => i % C), [N, C], 'float32');
  const ones = { x, weight: new Array<number>(C).fill(1), bias: new Array<number>(C).fill(0) };
  const [a, b] = evaluate([groupNorm(scope, input, { groups: 2, shift: row }), groupNorm(scope, input, { groups: 2, shift: rows })], ones, 'double');
  expect(a.data).toEqual(b.data);
});

test('layer norm has mean 0 and variance 1 on every row', () => {
  const graph = createGraph();
  const { scope } = trace(graph, { kind: 'inputs' });
  const [y] = evaluate([layerNorm(scope, graph.input('x', [4, 36]), { affine: false })], { x }, 'double');
  for (let row = 0; row < 4; row++) {
    const values = Array.from(y.data.slice(row * 36, (row + 1) * 36), Number);
    const mean = values.reduce((a, b) => a + b, 0) / 36;
    expect(mean).toBeCloseTo(0, 6);
    expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 36).toBeCloseTo(1, 3);
  }
});

test('groups that do not divide the channels are refused', () => {
  const graph = createGraph();
  expect(() => groupNorm(trace(graph, { kind: 'inputs' }).scope, graph.input('x', [1, 6, 2, 2]), { groups: 4 })).toThrow('groupNorm: 4 groups do not divide 6 channels');
});
