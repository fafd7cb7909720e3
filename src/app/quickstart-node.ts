/**
 * From nothing to digits: trains the small digits model for its fixed number of steps, draws a grid with a row a class and a film, and has the committed
 * classifier read what was drawn.
 */
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { loadDigitClassifier } from '../evaluate/digit-classifier-node.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { encodeGif } from '../formats/gif.ts';
import { encodePng } from '../formats/png.ts';
import { resolveDevice } from '../runtime/device.ts';
import { buildNetwork } from './build.ts';
import type { RunConfig } from './config.ts';
import { loadTestData } from './data-node.ts';
import { checkSampleCount, evaluate, type Evaluation } from './evaluate.ts';
import { reverseFilm } from './film.ts';
import { modelHash } from './model-node.ts';
import type { Model } from './model.ts';
import { recipeText } from './picture-text.ts';
import { overview } from './pictures.ts';
import { emptyQuickstartFolder, FILM_FILE, GRID_FILE, markQuickstartFolder } from './quickstart-folder-node.ts';
import { MODEL_FILE } from './run-directory-node.ts';
import { sample } from './sample.ts';
import type { Samples, SamplingEvent } from './sampling.ts';
import { train, type TrainEvent } from './train-node.ts';
import { noisetteVersion } from './versions-node.ts';

export interface QuickstartOptions {
  /** What an earlier quickstart left there is replaced; a folder with anything else is refused. */
  readonly folder: string;
  /** Samples a class in the grid and in the film. */
  readonly gridCount?: number;
  readonly filmCount?: number;
  /** Samples that are evaluated. */
  readonly samples?: number;
  readonly signal?: AbortSignal;
}

export interface QuickstartResult {
  readonly model: string;
  readonly grid: string;
  readonly film: string;
  readonly trainSeconds: number;
  /** Examples seen in training. */
  readonly images: number;
  readonly accuracy: number;
  readonly recall: number;
  readonly fid: number;
}

export type QuickstartEvent =
  | TrainEvent
  | { readonly type: 'phase'; readonly phase: 'drawing' | 'filming' | 'evaluating' }
  | Exclude<SamplingEvent, { type: 'samples' }>
  | { readonly type: 'drawn'; readonly samples: Samples; readonly file: string }
  | { readonly type: 'result'; readonly result: QuickstartResult; readonly evaluation: Evaluation };

/** Samples at once, on two cores. */
const BATCH = 50;

/**
 * Ends without a result when the signal is aborted during training. Throws before anything is made when the settings cannot work or the folder holds
 * something else.
 */
export async function* quickstart(config: RunConfig, { folder, gridCount = 8, filmCount = 6, samples = 1000, signal }: QuickstartOptions): AsyncGenerator<QuickstartEvent, void, undefined> {
  const real = await loadTestData(config.data);
  check(real?.classNames, 'quickstart', 'works on MNIST; for other data use train and sample');
  checkSampleCount(samples, real.classNames, real.length);
  // What could fail at the beginning of the training, before the results of an earlier one are deleted.
  buildNetwork(config, { shape: real.shape, classNames: real.classNames });
  await resolveDevice(config.device);
  const extractor = await loadDigitClassifier();
  const how = { device: config.device, lowering: config.lowering, threads: config.threads, batch: BATCH, signal };
  try {
    const mark = { made: new Date().toISOString(), noisette: noisetteVersion(), seed: config.seed };
    await emptyQuickstartFolder(folder, mark);
    let model: Model | undefined;
    let trainSeconds = 0;
    for await (const event of train(config, { folder, signal })) {
      if (event.type === 'done') trainSeconds = event.seconds;
      if (event.type === 'model-saved') model = event.model;
      yield event;
    }
    if (!model) return;

    yield { type: 'phase', phase: 'drawing' };
    const grid = join(folder, GRID_FILE);
    for await (const event of sample(model, { ...how, count: gridCount, seed: config.seed })) {
      if (event.type !== 'samples') yield event;
      else {
        await writeFileAtomic(grid, encodePng(overview(event.samples, model.classNames), gridText(model, folder, event.samples)));
        yield { type: 'drawn', samples: event.samples, file: grid };
      }
    }

    yield { type: 'phase', phase: 'filming' };
    const film = join(folder, FILM_FILE);
    for await (const event of reverseFilm(model, { ...how, count: filmCount, seed: config.seed })) {
      if (event.type === 'film') await writeFileAtomic(film, encodeGif(event.frames, { colors: 64 }));
      else yield event;
    }

    yield { type: 'phase', phase: 'evaluating' };
    for await (const event of evaluate(model, { ...how, samples, seed: config.seed + 1, extractor, real })) {
      if (event.type !== 'evaluation') yield event;
      else {
        const { evaluation } = event;
        const { accuracy, recall, fid } = evaluation;
        const { steps, batch, accumulation } = config.train;
        const result: QuickstartResult = { model: join(folder, MODEL_FILE), grid, film, trainSeconds, images: steps * batch * accumulation, accuracy, recall, fid };
        await markQuickstartFolder(folder, { ...mark, result });
        yield { type: 'result', evaluation, result };
      }
    }
  } finally {
    await extractor.dispose();
  }
}

function gridText(model: Model, folder: string, { classes, count }: Samples): Record<string, string> {
  const { config, classNames } = model;
  return recipeText({
    version: noisetteVersion(), model: folder, modelHash: modelHash(model), seed: config.seed, classes: Array.from(classes!, (c) => classNames![c]), count, batch: BATCH, index: null,
    settings: { ...config.sample }, lowering: config.lowering, device: config.device, threads: config.threads, title: null,
  });
}
