import { expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { lower } from '../graph/lower/lower.ts';
import { denoisingNetwork, parametersOf } from '../models/denoising-network.ts';
import { initialize } from '../nn/initializer.ts';
import { chunkSize } from './chunks.ts';
import { denoisingProgram, traceDenoisingLoss } from './denoising-program.ts';
import { dropoutFeeds } from './dropout-masks.ts';

const network = denoisingNetwork('unet2d', { inChannels: 1, outChannels: 1, blockOutChannels: [8, 16], downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'], upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 4, numClassEmbeds: 3, dropout: 0.2 }, [1, 8, 8]);
const BATCH = 6;

test('a batch in chunks has the loss, the per-example losses and the gradient of the whole batch', async () => {
  const { parameters, size } = parametersOf(network);
  const vectors = { trainable: initialize(parameters, size, 3), frozen: new Float32Array(0) };
  const stream = createStream({ seed: 4, purpose: 'test' });
  const results = [];
  for (const chunk of [6, 2, 1]) {
    const program = await denoisingProgram(network, BATCH, { device: 'cpu', lowering: 'exact', chunk });
    expect(program.chunk).toBe(chunk);
    const feeds = {
      x: stream.normals(new Float32Array(BATCH * 64), 0), time: stream.normals(new Float32Array(BATCH * network.timeWidth), 1),
      target: stream.normals(new Float32Array(BATCH * 64), 2), weight: stream.uniforms(new Float32Array(BATCH), 3), classLabels: stream.integers(new Int32Array(BATCH), 3, 4),
      ...dropoutFeeds(program.dropoutMasks, 1, [10, 11, 12, 13, 14, 15]),
    };
    const gradient = new Float32Array(size).fill(7); // what was there is overwritten
    const { loss, outputs } = await program.gradient(vectors, feeds, gradient);
    const evaluation = Object.fromEntries(Object.entries(feeds).filter(([name]) => !name.startsWith('dropout')));
    results.push({ loss, gradient, perExample: outputs!.perExample, validation: await program.loss(vectors, evaluation) });
    await program.dispose();
  }
  const [whole, ...parts] = results;
  const largest = whole.gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  expect(largest).toBeGreaterThan(0.01);
  for (const part of parts) {
    expect(part.loss).toBeCloseTo(whole.loss, 6);
    expect(part.validation).toBeCloseTo(whole.validation, 6);
    expect(part.perExample.shape).toEqual([BATCH]);
    part.perExample.data.forEach((value, i) => expect(value).toBeCloseTo(Number(whole.perExample.data[i]), 5));
    part.gradient.forEach((g, i) => expect(Math.abs(g - whole.gradient[i])).toBeLessThan(1e-5 * largest));
  }
});

test('the size is the largest divisor of the batch whose tensors fit', () => {
  const wide = denoisingNetwork('unet2d', { inChannels: 3, outChannels: 3, blockOutChannels: [64, 128], downBlockTypes: ['DownBlock2D', 'DownBlock2D'], upBlockTypes: ['UpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 8, attentionHeadDim: null }, [3, 32, 32]);
  const model = (batch: number) => lower({ loss: traceDenoisingLoss(wide, batch, { training: false }).loss }, { device: 'cpu', mode: 'fast' });
  // 192 channels at 32×32 in Winograd's 36/16-fold tiles: 1.8 MB an example.
  expect(chunkSize(32, model)).toBe(16);
  expect(chunkSize(7, model)).toBe(7);
  expect(chunkSize(1, model)).toBe(1);
});
