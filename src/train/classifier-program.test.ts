import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { evaluate } from '../graph/evaluate.ts';
import { grad } from '../graph/grad.ts';
import { classifierConfig } from '../models/classifier-config.ts';
import { classifierParameters } from '../models/classifier.ts';
import { initialize } from '../nn/initializer.ts';
import { layoutParameters } from '../nn/parameters.ts';
import { classifierProgram, traceClassifierLoss } from './classifier-program.ts';
import { dropoutFeeds } from './dropout-masks.ts';
import { hostExecutor } from './executor.ts';
import { initialState } from './state.ts';

const BATCH = 3;
const config = classifierConfig({ shape: [2, 6, 5], classes: 3, stageChannels: [4, 6], blocksPerStage: 1, featureWidth: 5, normGroups: 2, dropout: 0.25 });
const { parameters, size } = classifierParameters(config);
const weights = initialize(parameters, size, 3);
const x = createStream({ seed: 4, purpose: 'test' }).normals(new Float32Array(BATCH * 60));
const labels = Int32Array.of(2, 0, 1);
const cut = (flat: ArrayLike<number>): Record<string, number[]> => Object.fromEntries(parameters.map((p) => [p.name, Array.from(flat).slice(p.offset, p.offset + p.size)]));

describe('the gradient of a classifier', () => {
  const { tracing, loss } = traceClassifierLoss(config, BATCH, { training: true, smoothing: 0.1 });
  const masks = dropoutFeeds(tracing.dropoutMasks, 8, [0, 1, 2]);
  const feeds = { x, labels, ...masks };

  it('equals central differences in double precision, for every kind of parameter', () => {
    const gradients = evaluate(grad(loss, tracing.values), { ...feeds, ...cut(weights) }, 'double');
    const lossAt = (flat: ArrayLike<number>): number => Number(evaluate([loss], { ...feeds, ...cut(flat) }, 'double')[0].data[0]);
    const h = 1e-5;
    let largest = 0;
    parameters.forEach((p, k) => {
      for (let i = 0; i < p.size; i += Math.ceil(p.size / 4)) {
        const moved = Float64Array.from(weights);
        moved[p.offset + i] += h;
        const up = lossAt(moved);
        moved[p.offset + i] -= 2 * h;
        const slope = (up - lossAt(moved)) / (2 * h);
        largest = Math.max(largest, Math.abs(slope));
        expect(Math.abs(Number(gradients[k].data[i]) - slope), `${p.name}[${i}]`).toBeLessThan(2e-7);
      }
    });
    expect(largest).toBeGreaterThan(0.05);
  });

  it.each(['fast', 'exact'] as const)('compiled (%s) equals the reference interpreter', async (lowering) => {
    const program = await classifierProgram(config, BATCH, { device: 'cpu', lowering, smoothing: 0.1 });
    const gradient = new Float32Array(size);
    const result = await program.gradient({ trainable: weights, frozen: new Float32Array(0) }, feeds, gradient);
    const [expectedLoss, ...expected] = evaluate([loss, ...grad(loss, tracing.values)], { ...feeds, ...cut(weights) }, 'double');
    expect(result.loss).toBeCloseTo(Number(expectedLoss.data[0]), 5);
    expect(result.outputs!.perExample.shape).toEqual([BATCH]);
    expect((result.outputs!.perExample.data as Float32Array).reduce((a, b) => a + b, 0) / BATCH).toBeCloseTo(result.loss, 5);
    parameters.forEach((p, k) => expected[k].data.forEach((v: number | bigint, i: number) => expect(Math.abs(gradient[p.offset + i] - Number(v)), `${p.name}[${i}]`).toBeLessThan(2e-5)));
    await program.dispose();
  });
});

it('learns two kinds of stripes, and evaluates without dropout', async () => {
  const stripes = classifierConfig({ shape: [1, 8, 8], classes: 2, stageChannels: [8, 8], blocksPerStage: 0, featureWidth: 8, normGroups: 2, dropout: 0.2 });
  const batch = 16;
  const spec = classifierParameters(stripes);
  const program = await classifierProgram(stripes, batch, { device: 'cpu' });
  const executor = hostExecutor(program, initialState({ layout: layoutParameters(spec.parameters), weights: initialize(spec.parameters, spec.size, 1), ema: false }));
  const feedsAt = (step: number) => {
    const stream = createStream({ seed: 2, purpose: 'test', index: step });
    const noise = stream.normals(new Float32Array(batch * 64));
    const classes = stream.integers(new Int32Array(batch), 2, 1);
    const phases = stream.integers(new Int32Array(batch), 2, 2);
    const pictures = noise.map((z, i) => {
      const n = Math.floor(i / 64);
      const line = classes[n] === 0 ? i % 8 : Math.floor(i / 8) % 8;
      return ((line + phases[n]) % 2 ? 1 : -1) + 0.5 * z;
    });
    return { x: pictures, labels: classes, ...dropoutFeeds(program.dropoutMasks, 5, Array.from({ length: batch }, (_, j) => step * batch + j)) };
  };
  const { x: held, labels: heldLabels } = feedsAt(1e6);
  const before = await executor.validationLoss({ x: held, labels: heldLabels }, 'trained');
  for (let step = 0; step < 80; step++) await executor.step([feedsAt(step)], { learningRate: 1e-2 });
  const after = await executor.validationLoss({ x: held, labels: heldLabels }, 'trained');
  expect(before).toBeGreaterThan(0.5);
  expect(after).toBeLessThan(0.05);
  await executor.dispose();
});
