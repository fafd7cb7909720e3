/** Tables of OpenAI's improved- and guided-diffusion, respaced ones too, and the forward process and posterior on arrays. */
import { describe, expect, it } from 'vitest';
import { cosineSchedule, linearSchedule } from '../../src/diffusion/beta-schedules.ts';
import { addNoise } from '../../src/diffusion/forward.ts';
import { posterior, posteriorMean, posteriorTables } from '../../src/diffusion/posterior.ts';
import { discreteSchedule } from '../../src/diffusion/schedule.ts';
import { goldenJson, goldenTensors, hasGolden } from './golden-files.ts';

interface Case {
  id: string; file: string; betaSchedule: 'linear' | 'cosine'; diffusionSteps: number; timestep_map?: number[]; t_sets?: number[][];
}
const present = hasGolden('gaussian_diffusion');
const cases = present ? goldenJson<{ cases: Case[] }>('gaussian_diffusion/manifest.json').cases.filter((one) => one.t_sets) : [];

const close = (a: ArrayLike<number>, b: ArrayLike<number>): void => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i]), `element ${i}: ${a[i]} and ${b[i]}`).toBeLessThan(1e-5 + 1e-5 * Math.abs(b[i]));
};
const make = (name: 'linear' | 'cosine', T: number) => (name === 'linear' ? linearSchedule({ T }) : cosineSchedule({ T }));

describe.runIf(present)('OpenAI diffusion', () => {
  it('named schedules', () => {
    const tables = goldenTensors('gaussian_diffusion/tables.safetensors');
    for (const name of ['linear', 'cosine'] as const) {
      for (const T of [50, 1000]) close(make(name, T).betas, tables.float32(`${name}_${T}`).data);
    }
  });

  it.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const file = goldenTensors(one.file);
    const read = (name: string): Float32Array => file.float32(file.entries.has(name) ? name : `${one.id}/${name}`).data;
    const full = make(one.betaSchedule, one.diffusionSteps);
    const kept = one.timestep_map ?? Array.from({ length: full.T }, (_v, i) => i);
    const respaced = discreteSchedule({ name: 'respaced', alphaBars: kept.map((i) => full.alphaBars[i]) });
    close(respaced.betas, read('betas'));
    close(respaced.alphaBars, read('alphas_cumprod'));
    const tables = posteriorTables(respaced);
    close(tables.coefX0, read('posterior_mean_coef1'));
    close(tables.coefXt, read('posterior_mean_coef2'));
    close(tables.variance, read('posterior_variance'));
    close(tables.logVarianceClipped, read('posterior_log_variance_clipped'));

    const [x0, noise] = [read('x_start'), read('noise_q')];
    one.t_sets!.forEach((set, k) => {
      const size = x0.length / set.length;
      set.forEach((index, row) => {
        const cut = (data: Float32Array): Float32Array => data.subarray(row * size, (row + 1) * size);
        // The same levels of the whole chain: no respaced schedule is needed to sample with fewer steps.
        const [s, t] = [full.level(index === 0 ? -1 : kept[index - 1]), full.level(kept[index])];
        const xt = addNoise(cut(x0), t, cut(noise));
        close(xt, cut(read(`t${k}/q_sample`)));
        close(posteriorMean(cut(x0), xt, s, t), cut(read(`t${k}/q_posterior.mean`)));
        close([posterior(s, t).variance], cut(read(`t${k}/q_posterior.variance`)).subarray(0, 1));
      });
    });
  });
});
