import { afterAll, describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { tensor } from '../core/tensor.ts';
import { evaluate } from '../graph/evaluate.ts';
import { denoisingNetwork, parametersOf, traceNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import { initialize } from '../nn/initializer.ts';
import { guidedDenoiser, isGuided } from './guided-denoiser.ts';
import { CLASS, classCondition, compiledNetwork, nullCondition, previewNetwork } from './network-program.ts';
import { cosineSchedule } from '../diffusion/beta-schedules.ts';
import { networkDenoiser } from '../diffusion/denoiser.ts';

const SHAPE = [2, 1, 1];
const conditional = denoisingNetwork('mlp', { width: 8, layers: 1, timeWidth: 4, numClassEmbeds: 4 }, SHAPE);
const plain = denoisingNetwork('mlp', { width: 8, layers: 1, timeWidth: 4 }, SHAPE);
const weightsOf = (network: DenoisingNetwork, seed: number): Float32Array => {
  const { parameters, size } = parametersOf(network);
  return initialize(parameters, size, seed);
};
const noise = (batch: number, seed = 5): Float32Array => createStream({ seed, purpose: 'noise' }).normals(new Float32Array(2 * batch));
const times = (batch: number): Float32Array => Float32Array.from({ length: batch }, (_, i) => 37 * i + 0.5);

/** By the reference interpreter, on the whole batch at once. */
function reference(network: DenoisingNetwork, weights: Float32Array, x: Float32Array, timesteps: Float32Array, classes?: Int32Array): number[] {
  const traced = traceNetwork(network, timesteps.length, { kind: 'constants', flat: weights });
  const [out] = evaluate([traced.output], { x, time: network.timeInput(timesteps), ...(classes && { classLabels: classes }) });
  return Array.from(out.data as Float32Array);
}
const close = (got: ArrayLike<number>, want: ArrayLike<number>): void => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(want[i], 5);
};

const made: { dispose(): Promise<void> }[] = [];
const keep = <T extends { dispose(): Promise<void> }>(program: T): T => {
  made.push(program);
  return program;
};
afterAll(async () => {
  for (const program of made) await program.dispose();
});

describe('a network as a program', () => {
  const weights = weightsOf(conditional, 1);
  const program = keep(compiledNetwork(conditional, weights, { device: 'cpu', batchSizes: [2, 3] }));

  // Below, at and above the compiled sizes, and several pieces with a padded last one.
  it.each([1, 2, 3, 4, 5, 7])('gives a batch of %i what the graph gives', async (batch) => {
    const classes = Int32Array.from({ length: batch }, (_, i) => i % 4);
    const x = noise(batch);
    const out = await program.network(tensor([batch, ...SHAPE], x), times(batch), classCondition(classes));
    close(out, reference(conditional, weights, x, times(batch), classes));
  });

  it('takes the null class where there is no condition', async () => {
    const x = noise(2);
    const out = await program.network(tensor([2, ...SHAPE], x), times(2));
    close(out, reference(conditional, weights, x, times(2), Int32Array.of(3, 3)));
    expect(nullCondition(conditional)?.[CLASS].data).toEqual(Int32Array.of(3));
    expect(nullCondition(plain)).toBeUndefined();
  });

  it('follows weights that change when they are inputs', async () => {
    const preview = keep(previewNetwork(conditional, { device: 'cpu', batchSizes: [3] }));
    const x = noise(2);
    const classes = Int32Array.of(0, 2);
    for (const seed of [1, 2]) {
      const flat = weightsOf(conditional, seed);
      close(await preview.withWeights(flat)(tensor([2, ...SHAPE], x), times(2), classCondition(classes)), reference(conditional, flat, x, times(2), classes));
    }
  });

  it('refuses what does not fit', async () => {
    const x = tensor([2, ...SHAPE], noise(2));
    const unconditional = keep(compiledNetwork(plain, weightsOf(plain, 1), { device: 'cpu', batchSizes: [2] }));
    await expect(unconditional.network(x, times(2), classCondition([0, 1]))).rejects.toThrow('this network is unconditional');
    await expect(program.network(x, times(2), classCondition([0, 4]))).rejects.toThrow('class 4 is not in 0 … 3 (the last is the null class)');
    await expect(program.network(x, times(2), classCondition([0]))).rejects.toThrow('the condition must have class, int32 [2]');
    await expect(program.network(x, times(3))).rejects.toThrow('2 rows need as many timesteps but 3 came');
    expect(() => compiledNetwork(conditional, new Float32Array(3))).toThrow(/parameters but 3 numbers came/);
    expect(() => compiledNetwork(conditional, weights, { batchSizes: [0] })).toThrow('batchSizes must be positive integers, got 0');
  });
});

describe('guidedDenoiser', () => {
  const weights = weightsOf(conditional, 1);
  const { network } = keep(compiledNetwork(conditional, weights, { device: 'cpu', batchSizes: [4] }));
  const schedule = cosineSchedule({ T: 100 });
  const level = schedule.level(60);
  const x = tensor([2, ...SHAPE], noise(2));
  const condition = classCondition([0, 2]);

  it('is unconditional + scale·(conditional − unconditional)', async () => {
    const bare = networkDenoiser(network, { prediction: 'v' });
    const [unconditional, conditioned] = [await bare(x, level, classCondition([3, 3])), await bare(x, level, condition)];
    for (const guidanceScale of [0, 1, 2.5]) {
      const guided = await guidedDenoiser(network, conditional, { prediction: 'v', guidanceScale })(x, level, condition);
      for (const key of ['x0', 'epsilon'] as const) close(guided[key], unconditional[key].map((u, i) => u + guidanceScale * (conditioned[key][i] - u)));
    }
  });

  it('clips last', async () => {
    const clipped = guidedDenoiser(network, conditional, { prediction: 'v', guidanceScale: 3, clip: (denoiser) => async (...call) => ({ ...(await denoiser(...call)), x0: new Float32Array(4).fill(7) }) });
    expect((await clipped(x, level, condition)).x0).toEqual(new Float32Array(4).fill(7));
  });

  it('needs classes', () => {
    expect(() => guidedDenoiser(network, plain, { prediction: 'v', guidanceScale: 2 })).toThrow('guidance needs classes, and this network is unconditional; set guidanceScale to 1 (it is 2)');
    expect([0, 1, 2].map((guidanceScale) => isGuided(conditional, { guidanceScale }))).toEqual([false, false, true]);
    expect(isGuided(plain, { guidanceScale: 2 })).toBe(false);
  });
});
