/**
 * Training by configuration, as an async generator: reads the data, builds network, programs and optimizer, hands over to the loop of `train/`, and
 * keeps the folder of the run. The caller shows the events and owns the loop; aborting the signal saves and ends.
 */
import { check } from '../core/errors.ts';
import { createLoader } from '../data/loader.ts';
import type { ImageShape } from '../data/dataset.ts';
import type { MemoryEstimate } from '../graph/memory.ts';
import { parametersOf, type DenoisingNetwork } from '../models/denoising-network.ts';
import { initialize } from '../nn/initializer.ts';
import { resolveDevice } from '../runtime/device.ts';
import { trainingBatches, validationBatches } from '../train/denoising-batch.ts';
import { train as trainingLoop, type TrainEvent as LoopEvent } from '../train/loop.ts';
import { lrSchedule } from '../train/lr-schedule.ts';
import { loadStateDict, showKeyReport, type KeyReport } from '../nn/load-state-dict.ts';
import { initialState } from '../train/state.ts';
import { buildNetwork } from './build.ts';
import { objectiveOf, scheduleOf } from './choices.ts';
import type { RunConfig } from './config.ts';
import { loadData } from './data.ts';
import { layoutOf, type Model } from './model.ts';
import { loadWeights } from './model-node.ts';
import { createExecutor } from './executor.ts';
import { createPreviewer, type Preview } from './preview.ts';
import { programOptions } from './programs.ts';
import { NETWORK_NAME } from './run-directory-node.ts';
import { noRecords, openRecords, type RunRecords } from './run-records-node.ts';

export type TrainEvent =
  | { readonly type: 'data'; readonly examples: number; readonly heldOut: number; readonly shape: ImageShape; readonly classNames?: readonly string[] }
  | { readonly type: 'model'; readonly architecture: string; readonly parameters: number; readonly device: string }
  /** Before the first step. `stateBytes` are weights, gradient, moments and average; they are part of `totalBytes`. */
  | ({ readonly type: 'memory'; readonly stateBytes: number; readonly totalBytes: number } & MemoryEstimate)
  | ({ readonly type: 'weights'; readonly from: string; readonly message: string } & KeyReport)
  | { readonly type: 'notice'; readonly message: string }
  | LoopEvent<Preview>
  | { readonly type: 'model-saved'; readonly model: Model; readonly file?: string };

export interface TrainOptions {
  /** The folder of the run; absent: nothing is written, and the model is in the last event. */
  readonly folder?: string;
  /** Continue the run in `folder`. */
  readonly resume?: boolean;
  /** Start from these weights: a `.safetensors` file, a checkpoint, or the folder of a run. */
  readonly weights?: string;
  readonly signal?: AbortSignal;
}

/** Trains; the last event is `model-saved` unless it was aborted before the end. Throws on settings, data or weights that do not fit. */
export async function* train(config: RunConfig, { folder, resume = false, weights, signal }: TrainOptions = {}): AsyncGenerator<TrainEvent, void, undefined> {
  check(!resume || folder, 'train', 'resuming needs the folder of the run');
  check(!(resume && weights), 'train', 'a resumed run has its own weights; leave out either resume or weights');
  const { seed, diffusion, train: settings } = config;
  const data = await loadData(config);
  const { shape, classNames } = data.train;
  yield { type: 'data', examples: data.train.length, heldOut: data.validation?.length ?? 0, shape, ...(classNames && { classNames }) };
  for (const message of data.notices) yield { type: 'notice', message };

  const network = buildNetwork(config, { shape, classNames });
  const layout = layoutOf(network);
  const device = await resolveDevice(config.device);
  yield { type: 'model', architecture: config.model.architecture, parameters: layout.trainableSize, device };

  const { parameters, size } = parametersOf(network);
  const flat = initialize(parameters, size, seed);
  if (weights) yield { ...(await fineTune(weights, network, flat)), type: 'weights', from: weights };
  const { executor, dropoutMasks, memory } = await createExecutor(config, network, device, initialState({ layout, weights: flat, ema: settings.ema !== null }));
  const stateBytes = 4 * size * (settings.ema === null ? 4 : 5);
  // Weights and gradient are counted in both.
  yield { type: 'memory', ...memory, stateBytes, totalBytes: memory.peakBytes + stateBytes - 8 * size };
  const previewer = settings.previewEvery === null ? undefined : createPreviewer(config, network, classNames, { ...programOptions(config), device });
  let records: RunRecords | undefined;
  try {
    records = folder === undefined ? noRecords : await openRecords(folder, { config, shape, classNames, device, resume, executor });
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
async function fineTune(path: string, network: DenoisingNetwork, flat: Float32Array): Promise<KeyReport & { message: string }> {
  const report = loadStateDict(layoutOf(network), { trainable: flat, frozen: new Float32Array(0) }, await loadWeights(path));
  check(report.loaded.length > 0, 'weights', () => `no parameter of ${path} fits the network: ${showKeyReport(report)}`);
  return { ...report, message: showKeyReport(report) || `${report.loaded.length} parameters loaded` };
}
