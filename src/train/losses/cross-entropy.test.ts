import { describe, expect, it } from 'vitest';
import { evaluate } from '../../graph/evaluate.ts';
import { grad } from '../../graph/grad.ts';
import { createGraph } from '../../graph/graph.ts';
import { crossEntropy } from './cross-entropy.ts';

function graphOf(rows: readonly (readonly number[])[], smoothing?: number) {
  const graph = createGraph();
  const logits = graph.input('logits', [rows.length, rows[0].length]);
  const { loss, perExample } = crossEntropy(logits, graph.input('labels', [rows.length], 'int32'), { smoothing });
  return { loss, perExample, gradient: grad(loss, [logits])[0] };
}
const numbers = (data: ArrayLike<number | bigint>): number[] => Array.from(data as ArrayLike<number>);
const softmax = (row: readonly number[]): number[] => {
  const e = row.map(Math.exp);
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
};

const ROWS = [[0.3, -1.2, 2], [1, 0.5, -0.25], [-3, 0, 0.1], [0.7, 0.7, 0.7]];
const LABELS = [2, 0, 0, 1];

describe('cross-entropy', () => {
  it.each([0, 0.1, 0.7])('is −Σ q log softmax, with gradient (softmax − q)/N, at smoothing %d', (s) => {
    const { loss, perExample, gradient } = graphOf(ROWS, s);
    const [l, each, g] = evaluate([loss, perExample, gradient], { logits: ROWS.flat(), labels: LABELS }, 'double').map((t) => numbers(t.data));
    const q = LABELS.map((label) => [0, 1, 2].map((k) => (k === label ? 1 - s : 0) + s / 3));
    const expected = ROWS.map((row, n) => -softmax(row).reduce((sum, p, k) => sum + q[n][k] * Math.log(p), 0));
    each.forEach((v, n) => expect(v).toBeCloseTo(expected[n], 6));
    expect(l[0]).toBeCloseTo(expected.reduce((a, b) => a + b, 0) / 4, 6);
    ROWS.forEach((row, n) => softmax(row).forEach((p, k) => expect(g[n * 3 + k]).toBeCloseTo((p - q[n][k]) / 4, 6)));
  });

  it('is log K for equal logits, and finite for enormous ones', () => {
    const { perExample, gradient } = graphOf([[5, 5, 5], [1e4, -1e4, 0], [-1e4, 1e4, 0]]);
    const [each, g] = evaluate([perExample, gradient], { logits: [5, 5, 5, 1e4, -1e4, 0, -1e4, 1e4, 0], labels: [1, 0, 0] }).map((t) => numbers(t.data));
    expect(each[0]).toBeCloseTo(Math.log(3), 6);
    expect(each[1]).toBe(0);
    expect(each[2]).toBe(2e4);
    expect(g.slice(6).map((v) => v * 3)).toEqual([-1, 1, 0].map((v) => expect.closeTo(v, 6)));
  });

  it('refuses a smoothing of 1', () => {
    expect(() => graphOf(ROWS, 1)).toThrow('crossEntropy: smoothing must be in [0, 1) but is 1');
  });
});
