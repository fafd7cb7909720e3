/** One row for each operator and awkward size: the table that the gradient test and the lowering test both run. */
import { sizeOf, type Shape } from '../../core/shape.ts';
import { createGraph } from '../graph.ts';
import type { Graph, Value } from '../types.ts';
import * as op from './index.ts';

export interface OpCase {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Value[]) => Value;
  /** Range of the random inputs (default −1.5 … 1.5); kept away from kinks and poles. */
  readonly range?: readonly [number, number];
  /** Integer inputs by position: values below the given count. */
  readonly integers?: Readonly<Record<number, number>>;
}

const both = [[2, 3, 4], [3, 1]] as const;
const unary = (['neg', 'exp', 'sin', 'cos', 'tanh', 'erfOf', 'sigmoid', 'silu', 'square'] as const).map((name): OpCase => ({ name, shapes: [[3, 5]], build: (x) => op[name](x) }));

const convolutions: OpCase[] = ([
  // batch, in, height, width, out, kh, kw, stride, padding [top, left, bottom, right]
  [2, 3, 5, 7, 4, 3, 3, 1, [1, 1, 1, 1]],
  [1, 1, 1, 1, 2, 1, 1, 1, [0, 0, 0, 0]],
  [1, 5, 6, 6, 3, 1, 1, 1, [0, 0, 0, 0]],
  [2, 3, 7, 6, 5, 3, 3, 2, [1, 1, 1, 1]],
  [1, 2, 8, 8, 3, 3, 3, 2, [0, 0, 1, 1]],
  [2, 2, 9, 7, 3, 5, 3, [2, 3], [2, 1, 2, 1]],
  [1, 3, 6, 5, 2, 2, 2, 2, [0, 0, 0, 0]],
  [1, 2, 5, 5, 3, 3, 3, 1, [0, 0, 0, 0]],
  [2, 4, 4, 4, 3, 4, 4, 4, [0, 0, 0, 0]],
  // Winograd sizes: tiles that fit, that stick out, one channel more than anything divides
  [2, 16, 8, 8, 17, 3, 3, 1, [1, 1, 1, 1]],
  [1, 19, 7, 13, 16, 3, 3, 1, [1, 1, 1, 1]],
  [3, 16, 4, 5, 16, 3, 3, 1, [1, 1, 1, 1]],
  [1, 16, 32, 20, 18, 3, 3, 1, [1, 1, 1, 1]],
] as const).map(([n, i, h, w, o, kh, kw, stride, padding]): OpCase => ({
  name: `conv2d ${n}×${i}×${h}×${w} → ${o}, ${kh}×${kw}, stride ${stride}, padding ${padding}`,
  shapes: [[n, i, h, w], [o, i, kh, kw]],
  build: (x, k) => op.conv2d(x, k, { stride, padding }),
}));

export const OP_CASES: readonly OpCase[] = [
  ...unary,
  { name: 'log', shapes: [[3, 5]], build: op.log, range: [0.2, 3] },
  { name: 'sqrt', shapes: [[3, 5]], build: op.sqrt, range: [0.2, 3] },
  { name: 'abs', shapes: [[3, 5]], build: op.abs, range: [0.2, 3] },
  { name: 'relu', shapes: [[3, 5]], build: (x) => op.relu(op.sub(x, 2)), range: [0.2, 1.5] },
  { name: 'gelu', shapes: [[3, 5]], build: (x) => op.gelu(x) },
  { name: 'gelu tanh', shapes: [[3, 5]], build: (x) => op.gelu(x, 'tanh') },
  { name: 'add, broadcast', shapes: both, build: op.add },
  { name: 'sub, broadcast', shapes: both, build: op.sub },
  { name: 'mul, broadcast', shapes: both, build: op.mul },
  { name: 'div, broadcast', shapes: both, build: op.div, range: [0.5, 2] },
  { name: 'maximum', shapes: [[4, 3], [3]], build: op.maximum },
  { name: 'minimum', shapes: [[4, 3], [4, 1]], build: op.minimum },
  { name: 'clamp', shapes: [[4, 3]], build: (x) => op.clamp(x, -0.7, 0.6) },
  { name: 'where', shapes: [[4, 3], [4, 3], [3]], build: (c, a, b) => op.where(op.less(c, 0.1), a, b) },
  { name: 'expand', shapes: [[2, 1, 3]], build: (x) => op.expand(x, [2, 4, 3]) },
  { name: 'reduceSum middle', shapes: [[2, 3, 4]], build: (x) => op.reduceSum(x, [1]) },
  { name: 'reduceSum trailing of a product', shapes: [[2, 3, 4, 5], [2, 3, 4, 5]], build: (x, y) => op.reduceSum(op.mul(x, y), [2, 3]) },
  { name: 'reduceSum of a square', shapes: [[2, 3, 5]], build: (x) => op.reduceSum(op.square(x), [-1], true) },
  { name: 'reduceMean', shapes: [[2, 3, 4]], build: (x) => op.reduceMean(x, [0, 2], true) },
  { name: 'reduceMax', shapes: [[2, 3, 4]], build: (x) => op.reduceMax(x, [1, 2]) },
  { name: 'sumAll', shapes: [[3, 2]], build: op.sumAll },
  { name: 'reshape', shapes: [[2, 6]], build: (x) => op.reshape(x, [3, 4]) },
  { name: 'transpose', shapes: [[2, 3, 4]], build: (x) => op.transpose(x, [2, 0, 1]) },
  { name: 'concat', shapes: [[2, 3], [2, 1], [2, 4]], build: (...x) => op.concat(x, 1) },
  { name: 'slice', shapes: [[3, 7]], build: (x) => op.slice(x, 1, 1, 6) },
  { name: 'slice, step 2', shapes: [[3, 7]], build: (x) => op.slice(x, 1, 1, 7, 2) },
  { name: 'slice, step −1', shapes: [[3, 4]], build: (x) => op.slice(x, 1, 3, -1, -1) },
  { name: 'slice, step −2', shapes: [[6, 2]], build: (x) => op.slice(x, 0, 5, 0, -2) },
  { name: 'split', shapes: [[2, 6]], build: (x) => { const [a, b, c] = op.split(x, 1, [1, 3, 2]); return op.concat([b, op.mul(a, c)], 1); } },
  { name: 'pad', shapes: [[2, 3]], build: (x) => op.pad(x, [1, 0, 2, 1]) },
  { name: 'dilate', shapes: [[2, 3]], build: (x) => op.dilate(x, 1, 3) },
  { name: 'matmul', shapes: [[3, 4], [4, 5]], build: (a, b) => op.matmul(a, b) },
  { name: 'matmul batched, transposed a', shapes: [[2, 4, 3], [2, 4, 5]], build: (a, b) => op.matmul(a, b, { transA: true, alpha: 0.3 }) },
  { name: 'matmul broadcast, transposed b', shapes: [[2, 2, 3, 4], [5, 4]], build: (a, b) => op.matmul(a, b, { transB: true }) },
  { name: 'matmul both transposed', shapes: [[1, 4, 3], [5, 4]], build: (a, b) => op.matmul(a, b, { transA: true, transB: true, alpha: -2 }) },
  { name: 'channelVariance', shapes: [[2, 3, 4, 5]], build: op.channelVariance },
  { name: 'softmax', shapes: [[3, 7]], build: op.softmax },
  { name: 'logSoftmax', shapes: [[2, 2, 5]], build: op.logSoftmax },
  { name: 'gatherRows', shapes: [[4, 3], [5]], integers: { 1: 4 }, build: op.gatherRows },
  { name: 'gatherRows of scalars', shapes: [[4], [2, 3]], integers: { 1: 4 }, build: op.gatherRows },
  { name: 'scatterAddRows', shapes: [[5, 2], [5]], integers: { 1: 3 }, build: (rows, index) => op.scatterAddRows(rows, index, 4) },
  { name: 'upsampleNearest', shapes: [[2, 3, 2, 3]], build: (x) => op.upsampleNearest(x, 2) },
  { name: 'upsampleNearest, uneven', shapes: [[1, 2, 3, 1]], build: (x) => op.upsampleNearest(x, [1, 3]) },
  { name: 'sumBlocks', shapes: [[1, 2, 4, 6]], build: (x) => op.sumBlocks(x, [2, 3]) },
  { name: 'averagePool2d', shapes: [[2, 2, 4, 6]], build: (x) => op.averagePool2d(x, 2) },
  { name: 'averagePool2d, overlapping', shapes: [[1, 2, 5, 7]], build: (x) => op.averagePool2d(x, 3, 2) },
  { name: 'maxPool2d', shapes: [[2, 2, 4, 6]], build: (x) => op.maxPool2d(x, 2) },
  { name: 'maxPool2d, overlapping', shapes: [[1, 2, 5, 7]], build: (x) => op.maxPool2d(x, 3, 2) },
  { name: 'resize2d bilinear', shapes: [[1, 2, 3, 4]], build: (x) => op.resize2d(x, [5, 7], 'bilinear') },
  { name: 'resize2d bilinear, down', shapes: [[1, 2, 6, 5]], build: (x) => op.resize2d(x, [3, 2], 'bilinear') },
  { name: 'resize2d nearest', shapes: [[1, 1, 3, 4]], build: (x) => op.resize2d(x, [5, 2], 'nearest') },
  { name: 'spaceToDepth', shapes: [[2, 3, 4, 6]], build: (x) => op.spaceToDepth(x, 2) },
  { name: 'depthToSpace', shapes: [[1, 8, 2, 3]], build: (x) => op.depthToSpace(x, 2) },
  { name: 'convTranspose2d', shapes: [[1, 3, 4, 3], [3, 2, 4, 4]], build: (x, w) => op.convTranspose2d(x, w, { stride: 2, padding: 1 }) },
  { name: 'conv2d with bias, Winograd', shapes: [[1, 16, 6, 6], [16, 16, 3, 3], [1, 16, 1, 1]], build: (x, w, b) => op.add(b, op.conv2d(x, w, { padding: 1 })) },
  { name: 'conv2d with bias', shapes: [[2, 3, 5, 5], [4, 3, 3, 3], [1, 4, 1, 1]], build: (x, w, b) => op.add(op.conv2d(x, w, { padding: 1 }), b) },
  ...convolutions,
];

/** A small linear congruential generator: the test needs variety, not quality. */
export const generator = (seed: number) => () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32);

/** The case as a graph, with random feeds. */
export function instantiate(opCase: OpCase, seed = 1): { graph: Graph; inputs: Value[]; output: Value; feeds: Record<string, number[]> } {
  const graph = createGraph();
  const random = generator(seed);
  const [low, high] = opCase.range ?? [-1.5, 1.5];
  const feeds: Record<string, number[]> = {};
  const inputs = opCase.shapes.map((shape, k) => {
    const below = opCase.integers?.[k];
    feeds[`in${k}`] = Array.from({ length: sizeOf(shape) }, () => (below ? Math.floor(random() * below) : Math.fround(low + (high - low) * random())));
    return graph.input(`in${k}`, shape, below ? 'int32' : 'float32');
  });
  return { graph, inputs, output: opCase.build(...inputs), feeds };
}
