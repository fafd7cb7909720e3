/** Metrics against pytorch-fid, guided-diffusion's evaluator, torch-fidelity and prdc, on their own numbers. */
import { describe, expect, test } from 'vitest';
import { approximateNormalCdf, bitsPerDimension, discretizedGaussianLogLikelihood, gaussianKl } from '../../src/diffusion/likelihood.ts';
import { frechetDistance, frechetDistanceOf } from '../../src/evaluate/frechet.ts';
import { inceptionScore } from '../../src/evaluate/inception-score.ts';
import { polynomialMmd } from '../../src/evaluate/kid.ts';
import { matrix, selectRows, type Matrix } from '../../src/evaluate/matrix.ts';
import { momentsOf } from '../../src/evaluate/moments.ts';
import { manifoldScores, squaredRadii } from '../../src/evaluate/precision-recall.ts';
import type { SafetensorsFile } from '../../src/formats/safetensors.ts';
import { goldenJson, goldenTensors, hasGolden } from './golden-files.ts';

interface FidRow { readonly name: string; readonly pytorchFid: number; readonly singular?: boolean; readonly fromFeatures?: boolean }
interface InceptionRow {
  readonly name: string;
  readonly splitSize: number;
  readonly guidedDiffusion: number;
  readonly torchFidelity: { readonly inception_score_mean: number; readonly inception_score_std: number };
}
interface ManifoldRow {
  readonly name: string;
  readonly k: number;
  readonly guidedDiffusion: object;
  readonly prdc: object;
  readonly kid: {
    readonly indices: readonly (readonly [number[], number[]])[];
    readonly kernel_inception_distance_mean: number;
    readonly kernel_inception_distance_std: number;
    readonly mmd2UnbiasedFirstN: number;
    readonly n: number;
  };
}

const values = (file: SafetensorsFile, name: string): Float32Array | Float64Array => {
  const raw = file.raw(name);
  if (raw instanceof Float32Array || raw instanceof Float64Array) return raw;
  throw new Error(`${name} does not hold floats`);
};
const doubles = (file: SafetensorsFile, name: string): Float64Array => Float64Array.from(values(file, name));
const rows = (file: SafetensorsFile, name: string): Matrix => {
  const [n, d] = file.entries.get(name)!.shape;
  return matrix(n, d, values(file, name));
};
const expectWithin = (actual: number, expected: number, relative: number, absolute = 0): void =>
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected) + absolute);

describe.skipIf(!hasGolden('metrics'))('golden metrics', () => {
  const rowsOfCase = <T>(id: string): readonly T[] => goldenJson<{ cases: { id: string; rows?: T[] }[] }>('metrics/manifest.json').cases.find((c) => c.id === id)!.rows!;

  test('Fréchet distances', () => {
    const file = goldenTensors('metrics/fid.safetensors');
    const cases = rowsOfCase<FidRow>('frechet_distance');
    expect(cases.length).toBeGreaterThan(5);
    for (const { name, pytorchFid, singular, fromFeatures } of cases) {
      if (fromFeatures) {
        const set = rows(file, 'features/f0/x1');
        const { mean, covariance } = momentsOf(set);
        mean.forEach((v, i) => expectWithin(v, doubles(file, 'features/f0/mu1')[i], 1e-5, 1e-7)); // numpy averages float32 in float32
        covariance.forEach((v, i) => expectWithin(v, doubles(file, 'features/f0/sigma1')[i], 1e-5, 1e-7));
        expectWithin(frechetDistanceOf(set, rows(file, 'features/f0/x2')), pytorchFid, 1e-5, 1e-6);
      } else {
        const [a, b] = [1, 2].map((i) => ({ mean: doubles(file, `fid/${name}/mu${i}`), covariance: doubles(file, `fid/${name}/sigma${i}`) }));
        expectWithin(frechetDistance(a, b), pytorchFid, singular ? 1e-3 : 1e-5, 1e-6);
      }
    }
  });

  test('inception scores', () => {
    const file = goldenTensors('metrics/inception_score.safetensors');
    for (const { name, splitSize, guidedDiffusion, torchFidelity } of rowsOfCase<InceptionRow>('inception_score')) {
      const score = inceptionScore(rows(file, `is/${name}/logits`), splitSize);
      expectWithin(score.mean, torchFidelity.inception_score_mean, 1e-5);
      expectWithin(score.std, torchFidelity.inception_score_std, 1e-5, 1e-12);
      const probabilities = rows(file, `is/${name}/probs`);
      expectWithin(inceptionScore(matrix(probabilities.rows, probabilities.columns, Float64Array.from(probabilities.data, Math.log)), splitSize).mean, guidedDiffusion, 1e-5);
    }
  });

  test('precision, recall, density, coverage and the radii', () => {
    const file = goldenTensors('metrics/precision_recall.safetensors');
    for (const { name, k, guidedDiffusion, prdc } of rowsOfCase<ManifoldRow>('precision_recall_kid')) {
      const real = rows(file, `pr/${name}/real`);
      const fake = rows(file, `pr/${name}/fake`);
      const { density, ...scores } = manifoldScores(real, fake, k);
      const { density: prdcDensity, ...prdcScores } = prdc as { density: number };
      expect(scores).toEqual(prdcScores);
      expect(scores).toMatchObject(guidedDiffusion);
      expectWithin(density, prdcDensity, 1e-12);
      squaredRadii(real, k).forEach((r, i) => expectWithin(r, values(file, `pr/${name}/radii_sq_real`)[i], 1e-5));
      squaredRadii(fake, k).forEach((r, i) => expectWithin(r, values(file, `pr/${name}/radii_sq_fake`)[i], 1e-5));
    }
  });

  test('kernel inception distances over given subsets', () => {
    const file = goldenTensors('metrics/precision_recall.safetensors');
    for (const { name, kid } of rowsOfCase<ManifoldRow>('precision_recall_kid')) {
      const real = rows(file, `pr/${name}/real`);
      const fake = rows(file, `pr/${name}/fake`);
      const parts = kid.indices.map(([a, b]) => polynomialMmd(selectRows(real, a), selectRows(fake, b)));
      const mean = parts.reduce((s, v) => s + v, 0) / parts.length;
      expectWithin(mean, kid.kernel_inception_distance_mean, 1e-5);
      expectWithin(Math.sqrt(parts.reduce((s, v) => s + (v - mean) ** 2, 0) / parts.length), kid.kernel_inception_distance_std, 1e-5);
      const firstN = Array.from({ length: kid.n }, (_, i) => i);
      expectWithin(polynomialMmd(selectRows(real, firstN), selectRows(fake, firstN)), kid.mmd2UnbiasedFirstN, 1e-5);
    }
  });

  test('likelihood terms', () => {
    const file = goldenTensors('metrics/likelihood.safetensors');
    const of = (name: string): Float64Array => doubles(file, name);
    const expectAll = (actual: ArrayLike<number>, name: string): void => {
      const expected = of(name);
      expect(actual.length).toBe(expected.length);
      expected.forEach((e, i) => expectWithin(actual[i], e, 1e-5, 1e-7));
    };
    const logLikelihood = discretizedGaussianLogLikelihood(of('dgll/x'), of('dgll/means'), of('dgll/log_scales'));
    expectAll(logLikelihood, 'dgll/log_likelihood');
    expectAll(bitsPerDimension(logLikelihood.map((v) => -v), 2), 'dgll/bits_per_dim');
    const kl = gaussianKl(of('kl/mean1'), of('kl/logvar1'), of('kl/mean2'), of('kl/logvar2'));
    expectAll(kl, 'kl/out');
    expectAll(bitsPerDimension(kl, 3), 'kl/bits_per_dim');
    expectAll(gaussianKl(of('kl/mean1'), of('kl/logvar1')), 'kl/to_standard');
    expectAll(Array.from(of('cdf/x'), approximateNormalCdf), 'cdf/out');
  });
});
