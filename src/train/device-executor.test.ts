import { expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { denoisingNetwork, parametersOf, type DenoisingNetwork } from '../models/denoising-network.ts';
import { initialize } from '../nn/initializer.ts';
import { layoutParameters } from '../nn/parameters.ts';
import { denoisingProgram } from './denoising-program.ts';
import { deviceExecutor } from './device-executor.ts';
import { hostExecutor, type Feeds, type StepExecutor } from './executor.ts';
import { initialState, type NetworkState } from './state.ts';

const network = denoisingNetwork('unet2d', { inChannels: 1, outChannels: 1, blockOutChannels: [8, 16], downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'], upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 4, numClassEmbeds: 3 }, [1, 8, 8]);
const BATCH = 4;

function start(net: DenoisingNetwork): NetworkState {
  const { parameters, size } = parametersOf(net);
  return initialState({ layout: layoutParameters(parameters), weights: initialize(parameters, size, 5), ema: true });
}
function feeds(index: number): Feeds {
  const stream = createStream({ seed: 9, purpose: 'test', index });
  return {
    x: stream.normals(new Float32Array(BATCH * 64), 0), time: stream.normals(new Float32Array(BATCH * network.timeWidth), 1),
    target: stream.normals(new Float32Array(BATCH * 64), 2), weight: stream.uniforms(new Float32Array(BATCH), 3), classLabels: stream.integers(new Int32Array(BATCH), 3, 4),
  };
}
const options = { optimizer: { weightDecay: 0.1, maxGradNorm: 0.5 }, ema: { decay: 0.9 } } as const;

async function losses(executor: StepExecutor): Promise<number[]> {
  const out: number[] = [];
  for (let step = 0; step < 5; step++) {
    const { loss, gradNorm, applied } = await executor.step([feeds(2 * step), feeds(2 * step + 1)], { learningRate: 3e-3 });
    expect(applied).toBe(true);
    out.push(loss, gradNorm);
  }
  out.push(await executor.validationLoss(feeds(99), 'trained'), await executor.validationLoss(feeds(99), 'ema'));
  return out;
}

test('the update in the graph is the update on the host: losses, norms, weights, moments and average after five steps of two micro-batches', async () => {
  const host = hostExecutor(await denoisingProgram(network, BATCH, { device: 'cpu' }), start(network), options);
  const device = await deviceExecutor(network, BATCH, start(network), { ...options, device: 'cpu' });
  const [a, b] = [await losses(host), await losses(device)];
  a.forEach((value, i) => expect(Math.abs(b[i] - value) / value).toBeLessThan(2e-5));
  const [{ model: x }, { model: y }] = [await host.snapshot(), await device.snapshot()];
  expect(y.updates).toBe(5);
  for (const part of ['weights', 'm', 'v', 'ema'] as const) {
    const scale = Math.max(...x[part]!.map(Math.abs));
    const worst = x[part]!.reduce((most, value, i) => Math.max(most, Math.abs(value - y[part]![i])), 0);
    expect(worst / scale, part).toBeLessThan(2e-4);
  }
  await host.dispose();
  await device.dispose();
});

test('a snapshot continues where it was taken, and a step that is not finite changes nothing', async () => {
  const executor = await deviceExecutor(network, BATCH, start(network), { ...options, device: 'cpu' });
  await executor.step([feeds(0)], { learningRate: 1e-3 });
  const taken = structuredClone(await executor.snapshot());
  const bad = await executor.step([{ ...feeds(1), weight: new Float32Array(BATCH).fill(NaN) }], { learningRate: 1e-3 });
  expect(bad.applied).toBe(false);
  expect(bad.reason).toContain('micro-batch 1 of 1 is NaN');
  expect((await executor.snapshot()).model.weights).toEqual(taken.model.weights);
  const forward = await executor.step([feeds(1)], { learningRate: 1e-3 });
  const after = (await executor.snapshot()).model.weights.slice();
  await executor.restore(taken);
  expect((await executor.step([feeds(1)], { learningRate: 1e-3 })).loss).toBe(forward.loss);
  expect((await executor.snapshot()).model.weights).toEqual(after);
  await executor.dispose();
});
