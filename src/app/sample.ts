/** Samples of a trained model: classes by name or number, settings of the model's configuration unless changed. */
import { check } from '../core/errors.ts';
import type { Seed } from '../core/rng.ts';
import { compiledNetwork } from '../generate/network-program.ts';
import type { RunConfig, SampleConfig } from './config.ts';
import { parseConfig } from './config.ts';
import { inNode } from '../runtime/ort.ts';
import { classNumbers, type Model } from './model.ts';
import { programOptions } from './programs.ts';
import { batchSizesFor, sampleNetwork, type Samples, type SamplingEvent } from './sampling.ts';

export interface SampleOptions {
  /** Names or numbers; all classes unless given. */
  readonly classes?: readonly (string | number)[];
  /** Samples of each class, or in all where there are no classes. Default: 1. */
  readonly count?: number;
  /** Default: 0. */
  readonly seed?: Seed;
  /** What differs from the model's own settings. */
  readonly settings?: Partial<SampleConfig>;
  /** Samples at once. Default: 32. */
  readonly batch?: number;
  /** Make only the batch that this sample is in. */
  readonly only?: number;
  /**
   * Where and how programs run: by default on the CPU (in pages: on the best device), in fast formulations, with ONNX Runtime's own number of threads. What a
   * model was trained on says nothing about the machine that draws with it.
   */
  readonly device?: RunConfig['device'];
  readonly lowering?: RunConfig['lowering'];
  readonly threads?: RunConfig['threads'];
  readonly signal?: AbortSignal;
}

/** The classes of the samples, class by class; undefined for an unconditional model. */
export function requestedClasses(model: Model, { classes, count = 1 }: Pick<SampleOptions, 'classes' | 'count'>): number[] | undefined {
  check(Number.isInteger(count) && count >= 1, 'sample', () => `count must be a positive integer but is ${count}`);
  if (!model.classNames) {
    check(!classes?.length, 'sample', 'this model is unconditional; leave the classes out');
    return undefined;
  }
  const chosen = classes?.length ? classNumbers(model, classes) : model.classNames.map((_, c) => c);
  return chosen.flatMap((c) => new Array<number>(count).fill(c));
}

export const defaultDevice = (): RunConfig['device'] => (inNode() ? 'cpu' : 'auto');

/** The model's configuration with what the options change, checked. */
function configWith({ config }: Model, { settings = {}, device = defaultDevice(), lowering = 'fast', threads = null }: Pick<SampleOptions, 'settings' | 'device' | 'lowering' | 'threads'>): RunConfig {
  return parseConfig({ ...config, device, lowering, threads, sample: { ...config.sample, ...settings } }, 'sample');
}

/** The model's sampling settings with changes, checked. */
export const settingsWith = (model: Model, settings?: Partial<SampleConfig>): SampleConfig => configWith(model, { settings }).sample;

/** Yields each step, then all samples. Sample k depends on (seed, k) and its class alone. Throws on unknown classes and settings. */
export async function* sample(model: Model, options: SampleOptions = {}): AsyncGenerator<SamplingEvent, void, undefined> {
  const { count = 1, seed = 0, batch = 32, only, signal } = options;
  check(Number.isInteger(batch) && batch >= 1, 'sample', () => `batch must be a positive integer but is ${batch}`);
  const classes = requestedClasses(model, options);
  const how = configWith(model, options);
  const request = { count: classes?.length ?? count, classes, seed, settings: how.sample, batch, only, signal };
  const program = compiledNetwork(model.network, model.weights, { ...programOptions(how), batchSizes: batchSizesFor(model.network, request) });
  try {
    yield* sampleNetwork(program.network, model.network, model.config.diffusion, request);
  } finally {
    await program.dispose();
  }
}

/** Runs {@link sample} to its end and returns the samples. */
export async function sampleToEnd(model: Model, options: SampleOptions = {}): Promise<Samples> {
  let samples: Samples | undefined;
  for await (const event of sample(model, options)) if (event.type === 'samples') ({ samples } = event);
  check(samples, 'sample', 'sampling ended without samples');
  return samples;
}
