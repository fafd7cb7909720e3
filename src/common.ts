/** What the façade is made of in Node and in pages alike: settings, sampling, films, pictures, model files as bytes, devices. */
export type { RunConfig, RunConfigInput, SampleConfig } from './app/config.ts';
export { parseConfig } from './app/config.ts';
export { preset, PRESETS, type PresetName } from './app/presets.ts';
export { mergeSettings } from './app/settings.ts';

export type { TrainEvent } from './app/training.ts';
export type { Preview } from './app/preview.ts';
export { decodeModel, encodeModel, type Model } from './app/model.ts';

export { sample, sampleToEnd, type SampleOptions } from './app/sample.ts';
export type { Samples, SamplingEvent } from './app/sampling.ts';
export { forwardFilm, reverseFilm, type FilmOptions, type ForwardFilmOptions } from './app/film.ts';
export { examplesOf } from './app/examples.ts';
export { overview, picturesOf } from './app/pictures.ts';
export { enlarge, type Picture } from './formats/picture.ts';
export { encodePng } from './formats/png.ts';
export { encodeGif, type GifFrame, type GifOptions } from './formats/gif.ts';

export type { EvaluateEvent, EvaluateOptions, Evaluation } from './app/evaluate.ts';
export type { Dataset, ImageShape } from './data/dataset.ts';
export { availableDevices, describeDevices, type Device, type DeviceChoice, type DeviceReport } from './runtime/device.ts';
export { NoisetteError } from './core/errors.ts';
