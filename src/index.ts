/**
 * `noisette`: train, sample, evaluate, load, save. Training, sampling and evaluation are async generators: the loop belongs to the caller, who shows what
 * happens, stops by an `AbortSignal`, and finds the result in the last event. In a page the same name is `browser.ts`, without files.
 */
import { parseConfig, type RunConfigInput } from './app/config.ts';
import { loadTestData } from './app/data-node.ts';
import { evaluate as evaluateWith, type EvaluateEvent, type EvaluateOptions } from './app/evaluate.ts';
import { loadModel, saveModel } from './app/model-node.ts';
import { decodeModel, type Model } from './app/model.ts';
import { train as trainRun, type TrainEvent, type TrainOptions } from './app/train-node.ts';
import { check } from './core/errors.ts';
import { loadDigitClassifier } from './evaluate/digit-classifier-node.ts';

export * from './common.ts';
export type { TrainOptions } from './app/train-node.ts';
export { info, type Info } from './app/info-node.ts';
export { modelHash } from './app/model-node.ts';

/**
 * Trains what `settings` describe ({@link preset} gives some to start from; everything has a default but the data). The last event is
 * `model-saved`, with the model, unless the signal was aborted before. Throws on settings, data or weights that do not fit.
 */
export const train = (settings: RunConfigInput, options: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> => trainRun(parseConfig(settings, 'train'), options);

/**
 * Scores samples of a class-conditional model in a classifier's features, against real pictures: yields the steps of sampling, then the scores. For digits the
 * committed classifier and the test part of the data are there; for other data give `extractor` and `real`.
 */
export async function* evaluate(model: Model, { extractor, real, ...options }: Partial<EvaluateOptions> = {}): AsyncGenerator<EvaluateEvent, void, undefined> {
  const pictures = real ?? (await loadTestData(model.config.data));
  check(pictures, 'evaluate', () => `data of kind ${model.config.data.kind} has no part that models are not trained on; give { real, extractor }`);
  const own = extractor ? undefined : await loadDigitClassifier();
  try {
    yield* evaluateWith(model, { ...options, extractor: extractor ?? own!, real: pictures });
  } finally {
    await own?.dispose();
  }
}

/** Opens a model: a `.safetensors` file, a checkpoint, the folder of a run, the name of a bundled model, or a file's bytes. */
export const load = async (source: string | Uint8Array<ArrayBuffer>): Promise<Model> => (typeof source === 'string' ? loadModel(source) : decodeModel(source));

/** Writes a model as safetensors, whole or not at all. */
export const save = (model: Model, path: string): Promise<void> => saveModel(path, model);
