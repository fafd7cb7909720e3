/** Tiny training runs that give the same losses on every device. */
import { createStream } from '../../../src/core/rng.ts';
import { createGraph } from '../../../src/graph/graph.ts';
import { grad } from '../../../src/graph/grad.ts';
import { encodeOnnx } from '../../../src/graph/onnx.ts';
import { add, conv2d, matmul, mul, reshape, silu, softmax, square, sub, sumAll } from '../../../src/graph/ops/index.ts';
import { denoisingNetwork, parametersOf } from '../../../src/models/denoising-network.ts';
import { fanInUniform, initialize } from '../../../src/nn/initializer.ts';
import { trace } from '../../../src/nn/network.ts';
import { groupNorm } from '../../../src/nn/norm.ts';
import { compileGraph } from '../../../src/runtime/compile-graph.ts';
import type { Device } from '../../../src/runtime/device.ts';
import { loadBackend } from '../../../src/runtime/ort.ts';
import { denoisingModels, denoisingProgram } from '../../../src/train/denoising-program.ts';
import { deviceExecutor } from '../../../src/train/device-executor.ts';
import { hostExecutor, type Feeds } from '../../../src/train/executor.ts';
import { layoutParameters } from '../../../src/nn/parameters.ts';
import { initialState } from '../../../src/train/state.ts';

/** Large enough for the fast lowering to choose Winograd. */
const [BATCH, IN, CHANNELS, SIZE] = [2, 16, 16, 8];
const PIXELS = SIZE * SIZE;

/** conv 3×3 → group norm → SiLU → attention over the pixels (Q = K = V) with a skip → conv 3×3; mean squared error; SGD on the host over one flat vector. */
export async function sgd(device: Device, lowering: 'fast' | 'exact', steps: number): Promise<number[]> {
  const graph = createGraph();
  const { scope, parameters, values } = trace(graph, { kind: 'inputs' });
  const kernel = (name: string, out: number, input: number) => scope.parameter(name, [out, input, 3, 3], fanInUniform(9 * input));
  const bias = (name: string, out: number) => reshape(scope.parameter(name, [out], fanInUniform(9 * IN)), [1, out, 1, 1]);

  const x = graph.input('x', [BATCH, IN, SIZE, SIZE]);
  const target = graph.input('target', [BATCH, IN, SIZE, SIZE]);
  const h = add(conv2d(x, kernel('first.weight', CHANNELS, IN), { padding: 1 }), bias('first.bias', CHANNELS));
  const a = silu(groupNorm(scope.in('norm'), h, { groups: 4 }));
  const tokens = reshape(a, [BATCH, CHANNELS, PIXELS]);
  const weights = softmax(mul(matmul(tokens, tokens, { transA: true }), 1 / Math.sqrt(CHANNELS))); // [batch, pixels, pixels]
  const attended = add(matmul(tokens, weights, { transB: true }), tokens);
  const y = add(conv2d(reshape(attended, [BATCH, CHANNELS, SIZE, SIZE]), kernel('last.weight', IN, CHANNELS), { padding: 1 }), bias('last.bias', IN));
  const loss = mul(sumAll(square(sub(y, target))), 1 / (BATCH * IN * PIXELS));
  const gradients = Object.fromEntries(grad(loss, values).map((g, i) => [`d.${parameters[i].name}`, g]));
  const program = await compileGraph({ loss, ...gradients }, { device, lowering });

  const size = parameters.reduce((sum, p) => sum + p.size, 0);
  const flat = initialize(parameters, size, 3);
  const gradient = new Float32Array(size);
  const cut = (vector: Float32Array, prefix = '') => Object.fromEntries(parameters.map((p) => [prefix + p.name, vector.subarray(p.offset, p.offset + p.size)]));
  const stream = createStream({ seed: 11, purpose: 'test', index: 0 });
  const data = { x: stream.normals(new Float32Array(BATCH * IN * PIXELS), 0), target: stream.normals(new Float32Array(BATCH * IN * PIXELS), 1) };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const out = await program.run({ ...data, ...cut(flat) }, cut(gradient, 'd.'));
    losses.push((out.loss as Float32Array)[0]);
    for (let i = 0; i < size; i++) flat[i] -= 0.2 * gradient[i];
  }
  await program.dispose();
  return losses;
}

const UNET = {
  inChannels: 1, outChannels: 1, blockOutChannels: [8, 8], downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'], upBlockTypes: ['UpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 4, midBlockType: null, numClassEmbeds: 3,
};
const UNET_SHAPE = [1, 8, 8];

/** Opens the U-Net's training step on WebGPU with ONNX Runtime's verbose log; gives the number of its nodes. */
export async function placement(): Promise<number> {
  const model = denoisingModels(denoisingNetwork('unet2d', UNET, UNET_SHAPE), 2, { device: 'webgpu', mode: 'fast' }).training;
  const { ort } = await loadBackend('webgpu');
  const session = await ort.InferenceSession.create(encodeOnnx(model), { executionProviders: ['webgpu'], logSeverityLevel: 0 });
  await session.release();
  return model.nodes.length;
}

/** A small U-Net with class labels and attention, trained with AdamW, clipping and EMA: losses, then the gradient norms, then the validation loss of the average. */
export async function unet(device: Device, where: 'host' | 'device', steps: number): Promise<number[]> {
  const network = denoisingNetwork('unet2d', UNET, UNET_SHAPE);
  const batch = 2;
  const { parameters, size } = parametersOf(network);
  const state = initialState({ layout: layoutParameters(parameters), weights: initialize(parameters, size, 5), ema: true });
  const options = { device, lowering: 'exact', optimizer: { maxGradNorm: 0.5 }, ema: { decay: 0.9 } } as const;
  const executor = where === 'device' ? await deviceExecutor(network, batch, state, options) : hostExecutor(await denoisingProgram(network, batch, options), state, options);
  const feeds = (index: number): Feeds => {
    const stream = createStream({ seed: 9, purpose: 'test', index });
    return {
      x: stream.normals(new Float32Array(batch * 64), 0), time: stream.normals(new Float32Array(batch * network.timeWidth), 1),
      target: stream.normals(new Float32Array(batch * 64), 2), weight: new Float32Array(batch).fill(1), classLabels: stream.integers(new Int32Array(batch), 3, 4),
    };
  };
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < steps; step++) {
    const result = await executor.step([feeds(step)], { learningRate: 1e-3 });
    losses.push(result.loss);
    norms.push(result.gradNorm);
  }
  const validation = await executor.validationLoss(feeds(99), 'ema');
  await executor.dispose();
  return [...losses, ...norms, validation];
}
