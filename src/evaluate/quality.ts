/** Every score of a set of generated pictures against a set of real ones, in one classifier's features. */
import { accuracyOf, readClasses } from './accuracy.ts';
import { bootstrapMean, type Interval } from './bootstrap.ts';
import type { Features } from './features.ts';
import { frechetDistanceOf } from './frechet.ts';
import { kernelInceptionDistance } from './kid.ts';
import { manifoldScores } from './precision-recall.ts';
import type { Seed } from '../core/rng.ts';

export interface Quality {
  /** Share of generated pictures that the classifier reads as the class asked for, and its 95 % interval. */
  readonly accuracy: number;
  readonly accuracyInterval: Interval;
  readonly byClass: Float64Array;
  readonly fid: number;
  readonly kid: number;
  readonly precision: number;
  readonly recall: number;
  readonly density: number;
  readonly coverage: number;
}

export interface QualityOptions {
  /** Neighbours that make the radius of a ball. */
  readonly k?: number;
  readonly seed?: Seed;
}

/** @param asked the class of each generated picture. Sets of equal size make scores that can be compared with others. */
export function qualityOf(real: Features, generated: Features, asked: ArrayLike<number>, { k = 3, seed = 0 }: QualityOptions = {}): Quality {
  const { accuracy, byClass } = accuracyOf(generated.logits, asked);
  const right = readClasses(generated.logits).map((c, i) => Number(c === asked[i]));
  return {
    accuracy,
    accuracyInterval: bootstrapMean(right, { seed }),
    byClass,
    fid: frechetDistanceOf(real.features, generated.features),
    kid: kernelInceptionDistance(real.features, generated.features, { subsets: 10, subsetSize: 500, seed }).mean,
    ...manifoldScores(real.features, generated.features, k),
  };
}
