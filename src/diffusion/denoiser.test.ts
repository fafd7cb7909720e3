import { describe, expect, it } from 'vitest';
import { tensor } from '../core/tensor.ts';
import { linearSchedule } from './beta-schedules.ts';
import { clipX0, dynamicThreshold, rederiveEpsilon } from './clipping.ts';
import { networkDenoiser, type Denoiser, type Network } from './denoiser.ts';

const level = linearSchedule().level(400);
const x = tensor([2, 1, 3], [0.1, -0.4, 2, 1, 0.3, -1.5]);
const given = (values: number[]): Denoiser => async () => ({ x0: Float32Array.from(values), epsilon: new Float32Array(values.length).fill(7) });

describe('a denoiser of a network', () => {
  it('tells it the timestep of every row and splits a learned variance off', async () => {
    const seen: unknown[] = [];
    const network: Network = async (state, timeInput, condition) => {
      seen.push(state, timeInput, condition);
      return Float32Array.of(1, 2, 3, -1, 0, 1, 4, 5, 6, 1, 1, -1); // [2, 2, 3]: mean and variance channels of each row
    };
    const out = await networkDenoiser(network, { prediction: 'epsilon', variance: 'range' })(x, level);
    expect(seen).toEqual([x, Float32Array.of(400, 400), undefined]);
    expect(out.epsilon).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(out.varianceFraction).toEqual(Float32Array.of(0, 0.5, 1, 1, 1, 0));
    expect(out.x0[4]).toBeCloseTo((0.3 - level.noiseScale * 5) / level.signalScale, 5);
    await expect(networkDenoiser(network, { prediction: 'epsilon' })(x, level)).rejects.toThrow(/needs an output of 6 numbers but 12 came/);
  });
});

describe('clipping', () => {
  const values = [0.2, -3, 1.5, 0.1, 0.2, -0.3];

  it('replaces x0 and leaves ε', async () => {
    const out = await clipX0(given(values))(x, level);
    expect(out.x0).toEqual(Float32Array.of(0.2, -1, 1, 0.1, 0.2, -0.3));
    expect(out.epsilon).toEqual(new Float32Array(6).fill(7));
    expect((await clipX0(given(values), { limit: 2 })(x, level)).x0[1]).toBe(-2);
  });

  it('by a quantile scales each sample by its own threshold, never up', async () => {
    const out = await dynamicThreshold(given(values), { quantile: 0.5 })(x, level);
    [0.2 / 1.5, -1, 1, 0.1, 0.2, -0.3].forEach((v, i) => expect(out.x0[i]).toBeCloseTo(v, 6)); // medians of |x0|: 1.5 and 0.2 → 1
    const bounded = await dynamicThreshold(given(values), { quantile: 1, maximum: 2 })(x, level);
    [0.1, -1, 0.75].forEach((v, i) => expect(bounded.x0[i]).toBeCloseTo(v, 6));
    const between = await dynamicThreshold(given(values), { quantile: 0.75 })(x, level);
    expect(between.x0[0]).toBeCloseTo(0.2 / 2.25, 6); // half-way between 1.5 and 3
    expect(() => dynamicThreshold(given(values), { quantile: 0 })).toThrow(/quantile/);
  });

  it('may be followed by a new ε that fits', async () => {
    const out = await rederiveEpsilon(clipX0(given(values)))(x, level);
    out.epsilon.forEach((e, i) => expect(level.signalScale * out.x0[i] + level.noiseScale * e).toBeCloseTo(x.data[i], 5));
  });
});
