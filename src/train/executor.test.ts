import { describe, expect, it } from 'vitest';
import { toyBatch, toyLayout, toyProgram, toyWeights, type ToyBatches } from '../../test/kill-toy.ts';
import { hostExecutor, type GradientProgram } from './executor.ts';
import { initialState, type NetworkState } from './state.ts';

const batches: ToyBatches = { seed: 5, batchSize: 8, accumulate: 2, dropout: 0.2, conditionDropout: 0.1 };
const feeds = (step: number, micro: number) => toyBatch(batches, step, micro);

function fresh(ema = true): NetworkState {
  const { trainable, frozen } = toyWeights(1);
  return initialState({ layout: toyLayout, weights: trainable, frozen, ema });
}

describe('the toy problem', () => {
  it('has the gradient that central differences give', async () => {
    const program = toyProgram();
    const { trainable, frozen } = toyWeights(2);
    const gradient = new Float32Array(trainable.length);
    await program.gradient({ trainable, frozen }, feeds(0, 0), gradient);
    for (let i = 0; i < trainable.length; i += 3) {
      const h = 2 ** -10;
      const up = trainable.slice();
      up[i] += h;
      const down = trainable.slice();
      down[i] -= h;
      const slope = ((await program.loss({ trainable: up, frozen }, feeds(0, 0))) - (await program.loss({ trainable: down, frozen }, feeds(0, 0)))) / (up[i] - down[i]);
      expect(Math.abs(slope - gradient[i])).toBeLessThan(1e-5);
    }
  });
});

describe('the host executor', () => {
  it('averages micro-batches: two of eight are one of sixteen', async () => {
    const small = hostExecutor(toyProgram(), fresh());
    const large = hostExecutor(toyProgram(), fresh());
    const a = await small.step([feeds(0, 0), feeds(0, 1)], { learningRate: 1e-2 });
    const b = await large.step([toyBatch({ ...batches, batchSize: 16, accumulate: 1 }, 0, 0)], { learningRate: 1e-2 });
    expect(a.loss).toBeCloseTo(b.loss, 12);
    expect(a.gradNorm).toBeCloseTo(b.gradNorm, 6);
    const wa = (await small.snapshot()).model.weights;
    const wb = (await large.snapshot()).model.weights;
    for (let i = 0; i < wa.length; i++) expect(Math.abs(wa[i] - wb[i])).toBeLessThan(2e-5); // the first Adam step magnifies rounding of near-zero gradients
    expect(a.outputs.map((o) => o.squares.shape)).toEqual([[8], [8]]);
  });

  it('learns, and its EMA follows', async () => {
    const executor = hostExecutor(toyProgram(), fresh(), { ema: { decay: 0.98 }, optimizer: { weightDecay: 0 } });
    const held = toyBatch({ ...batches, batchSize: 256 }, 0, 0, true);
    const before = await executor.validationLoss(held, 'trained');
    expect(await executor.validationLoss(held, 'ema')).toBe(before);
    for (let k = 0; k < 500; k++) await executor.step([feeds(k, 0)], { learningRate: 2e-2 });
    const trained = await executor.validationLoss(held, 'trained');
    const averaged = await executor.validationLoss(held, 'ema');
    expect(trained).toBeLessThan(before / 3);
    expect(averaged).toBeLessThan(trained); // averaging takes away the noise of small batches
    expect((await executor.snapshot()).model.updates).toBe(500);
  });

  it('touches neither frozen parameters nor lets them into the average', async () => {
    const executor = hostExecutor(toyProgram(), fresh());
    await executor.step([feeds(0, 0)], { learningRate: 1e-2 });
    const { model } = await executor.snapshot();
    expect(Array.from(model.frozen)).toEqual([1]);
    expect(model.ema!.length).toBe(toyLayout.trainableSize);
  });

  /** The toy with one value of the gradient (or the loss) replaced on given calls. */
  function poisoned(calls: ReadonlySet<number>, what: 'loss' | 'gradient', value: number): GradientProgram {
    const inner = toyProgram();
    let call = 0;
    return {
      ...inner,
      async gradient(parameters, f, gradient) {
        const result = await inner.gradient(parameters, f, gradient);
        if (!calls.has(call++)) return result;
        if (what === 'gradient') gradient[toyLayout.parameters[1].offset + 3] = value; // in.bias
        return what === 'loss' ? { ...result, loss: value } : result;
      },
    };
  }

  it.each([['loss', NaN], ['loss', Infinity], ['gradient', NaN], ['gradient', -Infinity], ['gradient', 3e38]] as const)('skips a step whose %s holds %d and leaves everything as it was', async (what, value) => {
    const executor = hostExecutor(poisoned(new Set([3]), what, value), fresh(), { optimizer: { maxGradNorm: Infinity } });
    await executor.step([feeds(0, 0), feeds(0, 1)], { learningRate: 1e-2 });
    const { model } = await executor.snapshot();
    const before = { w: model.weights.slice(), m: model.m.slice(), v: model.v.slice(), ema: model.ema!.slice() };
    const result = await executor.step([feeds(1, 0), feeds(1, 1)], { learningRate: 1e-2 });
    expect(result.applied).toBe(false);
    expect(result.reason).toMatch(what === 'loss' ? /the loss of micro-batch 2 of 2 is (NaN|Infinity)/ : /the gradient norm is/);
    if (what === 'gradient' && !(Math.abs(value) < Infinity)) expect(result.reason).toMatch(/first in in\.bias$/);
    const after = (await executor.snapshot()).model;
    expect({ w: after.weights, m: after.m, v: after.v, ema: after.ema! }).toEqual(before);
    expect(after.updates).toBe(1);
    expect((await executor.step([feeds(2, 0)], { learningRate: 1e-2 })).applied).toBe(true);
  });

  it('continues from a snapshot to the bit, through the flush of tiny moments', async () => {
    const one = hostExecutor(toyProgram(), fresh());
    for (let k = 0; k < 50; k++) await one.step([feeds(k, 0)], { learningRate: 1e-2 });
    const kept = structuredClone(await one.snapshot());
    const two = hostExecutor(toyProgram(), initialState({ layout: toyLayout, weights: new Float32Array(toyLayout.trainableSize), ema: true }));
    await two.restore(kept);
    for (let k = 50; k < 140; k++) {
      await one.step([feeds(k, 0)], { learningRate: 1e-2 });
      await two.step([feeds(k, 0)], { learningRate: 1e-2 });
    }
    expect(await two.snapshot()).toEqual(await one.snapshot());
  });

  it('refuses states that are not its own', async () => {
    const executor = hostExecutor(toyProgram(), fresh(false));
    await expect(executor.validationLoss(feeds(0, 0), 'ema')).rejects.toThrow('this run keeps no EMA');
    await expect(executor.restore({ other: fresh() })).rejects.toThrow('expected the state of the network "model", got other');
    await expect(executor.restore({ model: fresh(true) })).rejects.toThrow('one state has an EMA and the other has none');
    await expect(executor.step([], { learningRate: 1 })).rejects.toThrow('at least one micro-batch');
  });
});
