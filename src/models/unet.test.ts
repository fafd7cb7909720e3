import { expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { evaluate } from '../graph/evaluate.ts';
import { grad } from '../graph/grad.ts';
import { mul, sumAll } from '../graph/ops/index.ts';
import { initialize } from '../nn/initializer.ts';
import { denoisingNetwork, parametersOf, traceNetwork } from './denoising-network.ts';
import { unet2dConfig } from './unet-config.ts';

const SMALL = { inChannels: 1, outChannels: 1, blockOutChannels: [4, 8], downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'], upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 2, attentionHeadDim: 4 };

/** Output and feeds of a network with initial weights, two examples. */
function run(options: Record<string, unknown>, shape: readonly number[], { x = 0, classLabels = [0, 1] } = {}): { output: number[]; loss: (flat: Float32Array) => number; gradient: number[]; flat: Float32Array } {
  const network = denoisingNetwork('unet2d', options, shape);
  const { parameters, size } = parametersOf(network);
  const flat = initialize(parameters, size, 7);
  const traced = traceNetwork(network, 2, { kind: 'inputs' });
  const stream = createStream({ seed: 2, purpose: 'test', index: x });
  const weights = traced.graph.constant(stream.normals(new Float32Array(traced.output.shape.reduce((a, b) => a * b, 1)), 1), traced.output.shape, 'float32');
  const total = sumAll(mul(traced.output, weights));
  const feeds = (values: Float32Array): Record<string, ArrayLike<number>> => ({
    x: stream.normals(new Float32Array(2 * shape.reduce((a, b) => a * b, 1)), 0), time: network.timeInput([3, 400]), classLabels,
    ...Object.fromEntries(parameters.map((p) => [p.name, values.subarray(p.offset, p.offset + p.size)])),
  });
  const [output, ...gradients] = evaluate([traced.output, ...grad(total, traced.tracing.values)], feeds(flat), 'double').map((t) => Array.from(t.data, Number));
  return { output, flat, gradient: gradients.flat(), loss: (values) => Number(evaluate([total], feeds(values), 'double')[0].data[0]) };
}

test('the gradient of the whole network is that of finite differences', () => {
  const { loss, gradient, flat } = run({ ...SMALL, numClassEmbeds: 3, resnetTimeScaleShift: 'scale_shift', downsampleType: 'resnet', upsampleType: 'resnet', patchSize: 2 }, [1, 8, 8]);
  const direction = createStream({ seed: 5, purpose: 'test' }).normals(new Float32Array(flat.length));
  // One directional derivative checks every parameter at once; weights are float32, so the step is taken in steps they can hold.
  const h = 2 ** -13;
  const moved = (sign: number): Float32Array => flat.map((w, i) => w + sign * h * direction[i]);
  const [plus, minus] = [moved(1), moved(-1)];
  const numeric = loss(plus) - loss(minus);
  const analytic = gradient.reduce((sum, g, i) => sum + g * (plus[i] - minus[i]), 0);
  expect(Math.abs(numeric - analytic)).toBeLessThan(2e-4 * Math.abs(analytic));
});

test('height and width may differ, and the class changes the output', () => {
  expect(run(SMALL, [1, 4, 8]).output).toHaveLength(2 * 32);
  const options = { ...SMALL, numClassEmbeds: 3 };
  const [a, b] = [run(options, [1, 4, 4]).output, run(options, [1, 4, 4], { classLabels: [0, 2] }).output];
  expect(a.slice(0, 16)).toEqual(b.slice(0, 16));
  expect(a.slice(16)).not.toEqual(b.slice(16));
});

test('sizes that the levels do not divide are refused before anything is built, with the nearest that work', () => {
  expect(() => denoisingNetwork('unet2d', { ...SMALL, patchSize: 2 }, [1, 30, 32])).toThrow('unet2d: height 30 must be a multiple of 4 (patchSize 2 × 2 for each of 1 downsamplings); nearest: 28 or 32');
  expect(() => denoisingNetwork('unet2d', SMALL, [3, 8, 8])).toThrow('unet2d: inChannels is 1 but the examples have 3 channels');
});

test('configurations that cannot work say why', () => {
  expect(() => unet2dConfig({ ...SMALL, normNumGroups: 3 } as never)).toThrow('normNumGroups 3 does not divide 4 channels');
  expect(() => unet2dConfig({ blockOutChannels: [32] })).toThrow('need one entry a level but have 1, 4 and 4');
  expect(() => unet2dConfig({ channels: 3 } as never)).toThrow('unknown U-Net option "channels"; one of sampleSize, inChannels');
  expect(() => denoisingNetwork('unet', {}, [1, 8, 8])).toThrow('unknown architecture "unet"; one of unet2d, mlp');
});
