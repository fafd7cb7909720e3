/**
 * Training by configuration, as an async generator: builds network, programs and optimizer for data that is there, and hands over to the loop of
 * `train/`. Nothing here reads or writes files, so it runs in pages as well as in Node. The caller shows the events and owns the loop; aborting the
 * signal saves and ends.
 */
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ImageShape } from '../data/dataset.ts';
import { createLoader } from '../data/loader.ts';
import type { MemoryEstimate } from '../graph/memory.ts';
import { parametersOf, type DenoisingNetwork } from '../models/denoising-network.ts';
import { initialize } from '../nn/initializer.ts';
import { loadStateDict, showKeyReport, type KeyReport } from '../nn/load-state-dict.ts';
import { resolveDevice, type Device } from '../runtime/device.ts';
import { trainingBatches, validationBatches } from '../train/denoising-batch.ts';
import type { StepExecutor } from '../train/executor.ts';
import { train as trainingLoop, type TrainEvent as LoopEvent } from '../train/loop.ts';
import { lrSchedule } from '../train/lr-schedule.ts';
import { initialState } from '../train/state.ts';
import { buildNetwork, type DataShape } from './build.ts';
import { objectiveOf, scheduleOf } from './choices.ts';
import type { RunConfig } from './config.ts';
import { createExecutor } from './executor.ts';
import { layoutOf, type Model } from './model.ts';
import { createPreviewer, type Preview } from './preview.ts';
import { programOptions } from './programs.ts';
import { NETWORK_NAME, noRecords, type RunRecords } from './run-records.ts';
import type { TrainingData } from './training-data.ts';

export type TrainEvent =
  | { readonly type: 'data'; readonly examples: number; readonly heldOut: number; readonly shape: ImageShape; readonly classNames?: readonly string[] }
  | { readonly type: 'model'; readonly architecture: string; readonly parameters: number; readonly device: string }
  /** Before the first step. `stateBytes` are weights, gradient, moments and average; they are part of `totalBytes`. */
  | ({ readonly type: 'memory'; readonly stateBytes: number; readonly totalBytes: number } & MemoryEstimate)
  | ({ readonly type: 'weights'; readonly from: string; readonly message: string } & KeyReport)
  | { readonly type: 'notice'; readonly message: string }
  | LoopEvent<Preview>
  | { readonly type: 'model-saved'; readonly model: Model; readonly file?: string };

/** Weights to start from, by name. */
export interface StartWeights {
  /** Where they come from, for messages. */
  readonly from: string;
  readonly values: ReadonlyMap<string, Tensor>;
}

/** What a run is made for, once its network and programs are there. */
export interface MadeRun extends DataShape {
  readonly device: Device;
  /** Filled from a checkpoint when resuming. */
  readonly executor: StepExecutor;
}

export interface TrainingParts {
  readonly data: TrainingData;
  readonly weights?: StartWeights;
  /** Opens what keeps checkpoints, metrics, pictures and the model. Default: nothing is kept, and the model is in the last event. */
  readonly openRecords?: (run: MadeRun) => Promise<RunRecords>;
  readonly signal?: AbortSignal;
}

/** Trains; the last event is `model-saved` unless it was aborted before the end. Throws on settings or weights that do not fit. */
export async function* trainOn(config: RunConfig, { data, weights, openRecords = async () => noRecords, signal }: TrainingParts): AsyncGenerator<TrainEvent, void, undefined> {
  const { seed, diffusion, train: settings } = config;
  const { shape, classNames } = data.train;
  yield { type: 'data', examples: data.train.length, heldOut: data.validation?.length ?? 0, shape, ...(classNames && { classNames }) };
  for (const message of data.notices) yield { type: 'notice', message };

  const network = buildNetwork(config, { shape, classNames });
  const layout = layoutOf(network);
  const device = await resolveDevice(config.device);
  yield { type: 'model', architecture: config.model.architecture, parameters: layout.trainableSize, device };

  const { parameters, size } = parametersOf(network);
  const flat = initialize(parameters, size, seed);
  if (weights) yield { ...fineTune(weights, network, flat), type: 'weights', from: weights.from };
  const { executor, dropoutMasks, memory } = await createExecutor(config, network, device, initialState({ layout, weights: flat, ema: settings.ema !== null }));
  const stateBytes = 4 * size * (settings.ema === null ? 4 : 5);
  // Weights and gradient are counted in both.
  yield { type: 'memory', ...memory, stateBytes, totalBytes: memory.peakBytes + stateBytes - 8 * size };
  const previewer = settings.previewEvery === null ? undefined : createPreviewer(config, network, classNames, { ...programOptions(config), device });
  let records: RunRecords | undefined;
  try {
    records = await openRecords({ shape, classNames, device, executor });
    for (const message of records.notices) yield { type: 'notice', message };
    const task = { network, objective: objectiveOf(diffusion, scheduleOf(diffusion), settings.batch), seed };
    const loader = createLoader(data.train, { seed, batchSize: settings.batch, augment: data.augment });
    const currentWeights = async (): Promise<Float32Array> => {
      const { ema, weights: trained } = (await executor.snapshot())[NETWORK_NAME];
      return ema ?? trained;
    };
    const loop = trainingLoop<Preview>({
      executor,
      batchAt: trainingBatches({ ...task, loader, accumulate: settings.accumulation, conditionDropout: network.classRows === null ? 0 : diffusion.conditionDropout, dropoutMasks }),
      steps: settings.steps,
      learningRate: lrSchedule({ peak: settings.lr, warmupSteps: settings.warmup, decay: settings.lrDecay, floor: settings.lrFloor, totalSteps: settings.steps }),
      accumulate: settings.accumulation,
      batchSize: settings.batch,
      from: records.from,
      ...(data.validation && {
        validation: { everySteps: settings.validationEvery, batches: validationBatches({ ...task, dataset: data.validation, batchSize: settings.batch }), weights: [settings.ema === null ? 'trained' : 'ema'] },
      }),
      ...(previewer && {
        preview: { everySteps: settings.previewEvery!, make: async (step) => records!.keepPreview(step, await previewer.make(await currentWeights(), `step ${step}`)) },
      }),
      checkpoint: records.checkpoint,
      metrics: records.metrics,
      maxConsecutiveSkips: settings.maxSkips,
      signal,
    });
    for await (const event of loop) {
      yield event;
      if (event.type === 'done' && event.reason === 'finished') {
        const model: Model = { config, shape, classNames, network, weights: (await currentWeights()).slice(), step: event.step, averaged: settings.ema !== null };
        const file = await records.keepModel(model);
        yield { type: 'model-saved', model, ...(file && { file }) };
      }
    }
  } finally {
    await records?.close();
    await previewer?.dispose();
    await executor.dispose();
  }
}

/** Loads weights into `flat`. Throws when none fits; otherwise says which did not. */
function fineTune({ from, values }: StartWeights, network: DenoisingNetwork, flat: Float32Array): KeyReport & { message: string } {
  const report = loadStateDict(layoutOf(network), { trainable: flat, frozen: new Float32Array(0) }, values);
  check(report.loaded.length > 0, 'weights', () => `no parameter of ${from} fits the network: ${showKeyReport(report)}`);
  return { ...report, message: showKeyReport(report) || `${report.loaded.length} parameters loaded` };
}
