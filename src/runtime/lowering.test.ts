/** Every operator and its gradient, lowered for every kind of device, against the reference interpreter: at odd sizes, strides, 1×1, batch 1. */
import { describe, expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { sizeOf } from '../core/shape.ts';
import type { AnyTensor } from '../core/tensor.ts';
import { arrayOf, evaluate } from '../graph/evaluate.ts';
import { grad } from '../graph/grad.ts';
import { createGraph } from '../graph/graph.ts';
import { lower, type Target } from '../graph/lower/lower.ts';
import { OP_CASES, instantiate } from '../graph/ops/op.cases.ts';
import { channelVariance, mul, sumAll } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { compile } from './program.ts';

/** The WebGPU lowering uses standard operators only, so the CPU can run it: this tests its arithmetic everywhere. */
const TARGETS: readonly Target[] = [{ device: 'cpu', mode: 'fast' }, { device: 'cpu', mode: 'exact' }, { device: 'webgpu', mode: 'fast' }];

function closeTo(actual: ArrayLike<number | bigint>, expected: AnyTensor, tolerance: number, name: string): void {
  const reference = Array.from(expected.data as ArrayLike<number | bigint>, Number);
  const scale = Math.max(1e-3, ...reference.map(Math.abs));
  const worst = reference.reduce((m, v, i) => Math.max(m, Math.abs(v - Number(actual[i]))), 0);
  expect(worst / scale, name).toBeLessThan(tolerance);
}

describe.each(TARGETS.map((t) => [`${t.device}, ${t.mode}`, t] as const))('%s', (_, target) => {
  test.each(OP_CASES.map((c) => [c.name, c] as const))('%s', async (_name, opCase) => {
    const { graph, inputs, output, feeds } = instantiate(opCase);
    const weights = graph.input('weights', output.shape);
    feeds.weights = Array.from({ length: sizeOf(output.shape) }, (_v, i) => Math.fround(Math.sin(i * 12.9898) * 0.8 + 0.3));
    const smooth = inputs.filter((_v, k) => opCase.integers?.[k] === undefined);
    const outputs: Record<string, Value> = { y: output };
    grad(sumAll(mul(output, weights)), smooth).forEach((g, k) => { outputs[`d${k}`] = g; });
    const program = await compile(lower(outputs, target), { device: 'cpu' });
    const typed = Object.fromEntries(program.inputs.map((info) => [info.name, arrayOf(info.dtype, feeds[info.name])]));
    const results = await program.run(typed);
    const expected = evaluate(Object.values(outputs), feeds, 'double');
    Object.keys(outputs).forEach((name, k) => closeTo(results[name] as Float32Array, expected[k], target.mode === 'exact' ? 3e-6 : 6e-5, name));
    await program.dispose();
  });
});

test.each([['fast', 3e-4], ['exact', 3e-6]] as const)('the variance of a channel whose mean is 30 standard deviations, %s: relative error below %d', async (mode, tolerance) => {
  const graph = createGraph();
  const x = graph.input('x', [1, 2, 16, 16]);
  const program = await compile(lower({ variance: channelVariance(x) }, { device: 'cpu', mode }), { device: 'cpu' });
  const values = createStream({ seed: 1, purpose: 'test' }).normals(new Float32Array(512)).map((z) => z + 30);
  const { variance } = await program.run({ x: values });
  const [expected] = evaluate([channelVariance(x)], { x: values }, 'double');
  for (const k of [0, 1]) expect(Math.abs(Number((variance as Float32Array)[k]) / Number(expected.data[k]) - 1)).toBeLessThan(tolerance);
  await program.dispose();
});
