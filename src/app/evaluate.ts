/**
 * How good a model's samples are, in the eyes of a classifier: whether it reads the class that was asked for, and how the samples lie among real
 * pictures it never trained the model on (precision, recall, Fréchet distance, in its features). The same scores of real against other real pictures say
 * what is attainable with so many samples.
 */
import { check } from '../core/errors.ts';
import { shuffle } from '../core/rng.ts';
import { tensor } from '../core/tensor.ts';
import { sizeOfImage, subset, type Dataset } from '../data/dataset.ts';
import { inOrder } from '../data/loader.ts';
import { extractAll, type FeatureExtractor, type Features } from '../evaluate/features.ts';
import { frechetDistanceOf } from '../evaluate/frechet.ts';
import { qualityOf, type Quality } from '../evaluate/quality.ts';
import type { SampleConfig } from './config.ts';
import type { Model } from './model.ts';
import { sample, settingsWith, type SampleOptions } from './sample.ts';
import type { Samples, SamplingEvent } from './sampling.ts';

export interface EvaluateOptions extends Pick<SampleOptions, 'seed' | 'settings' | 'batch' | 'device' | 'lowering' | 'threads' | 'signal'> {
  /** In all, the same number of each class. Default: 1000. */
  readonly samples?: number;
  readonly extractor: FeatureExtractor;
  /** Real pictures that the model was not trained on; at least as many as samples, twice as many for `realFid`. */
  readonly real: Dataset;
}

export interface Evaluation extends Quality {
  readonly samples: number;
  readonly steps: number;
  readonly guidanceScale: number;
  /** Fréchet distance of as many real pictures to as many others; undefined when there are too few. */
  readonly realFid?: number;
  /** fid over realFid. */
  readonly fidRatio?: number;
  readonly features: string;
  readonly seconds: number;
}

export type EvaluateEvent = Exclude<SamplingEvent, { type: 'samples' }> | { readonly type: 'evaluation'; readonly evaluation: Evaluation; readonly drawn: Samples };

const EXTRACT_BATCH = 250;

/** Neighbours that make the radius of a ball, for precision and recall: there must be more samples than that. */
const K = 3;

/** Throws unless so many samples can be drawn, the same number of each class, and compared with real pictures. */
export function checkSampleCount(wanted: number, classNames: readonly string[], realCount: number): void {
  const classes = classNames.length;
  check(Number.isInteger(wanted / classes) && wanted > K, 'evaluate', () => {
    const near = [Math.floor(wanted / classes), Math.ceil(wanted / classes)].map((n) => Math.max(1, n) * classes).filter((n) => n > K);
    return `samples must be a multiple of the ${classes} classes and above ${K} but is ${wanted}; nearest: ${[...new Set(near)].join(' or ')}`;
  });
  check(realCount >= wanted, 'evaluate', () => `${wanted} samples need as many real pictures, but there are ${realCount}; take at most ${Math.floor(realCount / classes) * classes}`);
}

/** Yields the steps of sampling, then the scores. Throws when classes of model and classifier differ, or real pictures are too few. */
export async function* evaluate(model: Model, options: EvaluateOptions): AsyncGenerator<EvaluateEvent, void, undefined> {
  const { samples: wanted = 1000, extractor, real, ...sampling } = options;
  const { classNames } = model;
  check(classNames && classNames.join() === extractor.classNames.join(), 'evaluate', () => `the classifier ${extractor.name} knows ${extractor.classNames.join(', ')}, but the model draws ${classNames?.join(', ') ?? 'no classes'}`);
  checkSampleCount(wanted, classNames, real.length);
  const started = performance.now();

  let drawn: Samples | undefined;
  for await (const event of sample(model, { ...sampling, count: wanted / classNames.length })) {
    if (event.type === 'samples') drawn = event.samples;
    else yield event;
  }
  check(drawn?.classes, 'evaluate', 'sampling ended without samples');
  const seconds = (performance.now() - started) / 1000;
  const generated = await extractAll(extractor, batchesOf(drawn));
  const realFeatures = await featuresOfReal(extractor, real, 0, wanted);
  const quality = qualityOf(realFeatures, generated, drawn.classes, { k: K, seed: 0 });
  const others = real.length >= 2 * wanted ? await featuresOfReal(extractor, real, wanted, wanted) : undefined;
  const realFid = others && frechetDistanceOf(realFeatures.features, others.features);
  const { steps, guidanceScale }: SampleConfig = settingsWith(model, options.settings);
  yield {
    type: 'evaluation', drawn,
    evaluation: { ...quality, samples: wanted, steps, guidanceScale, ...(realFid !== undefined && { realFid, fidRatio: quality.fid / realFid }), features: extractor.name, seconds },
  };
}

function* batchesOf({ values, shape, count }: Samples) {
  const size = values.length / count;
  for (let from = 0; from < count; from += EXTRACT_BATCH) {
    const to = Math.min(count, from + EXTRACT_BATCH);
    // What is scored is what a file would hold: values in range.
    yield tensor([to - from, ...shape], values.slice(from * size, to * size).map((value) => Math.min(1, Math.max(-1, value))));
  }
}

/** Features of real pictures `first` … in an order that does not depend on how the data is sorted. */
function featuresOfReal(extractor: FeatureExtractor, real: Dataset, first: number, count: number): Promise<Features> {
  const chosen = subset(real, shuffle(0, 0, real.length).slice(first, first + count));
  function* batches() {
    for (const { x0, labels } of inOrder(chosen, EXTRACT_BATCH)) yield tensor([labels.length, ...real.shape], x0.slice(0, labels.length * sizeOfImage(real.shape)));
  }
  return extractAll(extractor, batches());
}
