/**
 * The training loop as an async generator: it yields what happens and the caller decides what to show, store or stop. Step k is a function of the state
 * after step k − 1 and of `batchAt(k, …)`, so a run that is killed and resumed from a checkpoint goes the same way to the bit.
 *
 * Abort the signal to end well: the step under way is finished, a checkpoint saved, and `done` yielded. Leaving the `for await` early (break, or an
 * error in the caller) stops at once; the last checkpoint stands.
 */
import { check, NoisetteError } from '../core/errors.ts';
import type { AnyTensor } from '../core/tensor.ts';
import type { RunState } from './checkpoint-file.ts';
import type { Feeds, StepExecutor, StepResult, WeightsKind } from './executor.ts';
import { createRateMeter, smoothed, type MetricsRecord, type MetricsSink, type Rate } from './metrics.ts';

/** Steps in events count what was done: 1 after the first. */
export type TrainEvent<P = never> =
  | { readonly type: 'start'; readonly step: number; readonly steps: number; readonly resumed: boolean }
  | ({ readonly type: 'step'; readonly step: number; readonly loss: number; readonly emaLoss: number; readonly gradNorm: number; readonly learningRate: number } & Rate)
  | { readonly type: 'skipped'; readonly step: number; readonly reason: string; readonly consecutive: number; readonly total: number }
  | { readonly type: 'validation'; readonly step: number; readonly losses: Readonly<Partial<Record<WeightsKind, number>>> }
  | { readonly type: 'preview'; readonly step: number; readonly preview: P }
  | { readonly type: 'checkpoint'; readonly step: number; readonly file: string }
  | { readonly type: 'done'; readonly step: number; readonly reason: 'finished' | 'aborted'; readonly seconds: number };

export interface ValidationOptions {
  readonly everySteps: number;
  /** The held-out batches with their levels and noise: the same at each call, so that losses can be compared. */
  readonly batches: () => Iterable<Feeds> | AsyncIterable<Feeds>;
  readonly weights?: readonly WeightsKind[];
}

export interface CheckpointOptions {
  /** Saves and returns a name to show. */
  readonly save: (state: RunState) => Promise<string>;
  readonly everySteps?: number;
  readonly everySeconds?: number;
}

export interface TrainOptions<P = never> {
  /** Already restored, when resuming. */
  readonly executor: StepExecutor;
  /** The feeds of micro-batch `micro` of step `step`, both from 0. Must depend on nothing else (but the history below). */
  readonly batchAt: (step: number, micro: number) => Feeds | Promise<Feeds>;
  /** Total number of steps, those before a resume included. */
  readonly steps: number;
  /** By step from 0; see `lrSchedule`. */
  readonly learningRate: (step: number) => number;
  /** Micro-batches a step; their gradients are averaged. */
  readonly accumulate?: number;
  /** Examples a micro-batch, for rates. */
  readonly batchSize: number;
  /** Where a checkpoint left the run. */
  readonly from?: Pick<RunState, 'step' | 'counters'>;
  readonly validation?: ValidationOptions;
  /** `make` gets the steps done; whatever it returns is yielded. It must leave the training state alone. */
  readonly preview?: { readonly everySteps: number; readonly make: (step: number, executor: StepExecutor) => Promise<P> };
  readonly checkpoint?: CheckpointOptions;
  readonly metrics?: readonly MetricsSink[];
  /** Something that learns from the outputs of steps and feeds back into `batchAt` (a sampler of times by their losses): its arrays go into checkpoints. */
  readonly history?: { readonly observe: (step: number, result: StepResult) => void; readonly arrays: () => Readonly<Record<string, AnyTensor>> };
  /** This many steps in a row that are not finite end the run with an error. */
  readonly maxConsecutiveSkips?: number;
  readonly signal?: AbortSignal;
}

const whole = (name: string, value: number, least: number): void => check(Number.isInteger(value) && value >= least, 'train', `${name} must be a whole number from ${least}, got ${value}`);

async function meanLoss(executor: StepExecutor, batches: Iterable<Feeds> | AsyncIterable<Feeds>, weights: WeightsKind): Promise<number> {
  let total = 0;
  let count = 0;
  for await (const feeds of batches) {
    total += await executor.validationLoss(feeds, weights);
    count++;
  }
  check(count > 0, 'train', 'validation needs at least one batch');
  return total / count;
}

/** Trains; see the top of the file. Throws after too many non-finite steps in a row: no checkpoint was made since the first of them. */
export async function* train<P = never>(options: TrainOptions<P>): AsyncGenerator<TrainEvent<P>, void, undefined> {
  const { executor, batchAt, steps, learningRate, accumulate = 1, batchSize, from, validation, preview, checkpoint, metrics = [], history, maxConsecutiveSkips = 5, signal } = options;
  whole('steps', steps, 1);
  whole('accumulate', accumulate, 1);
  whole('maxConsecutiveSkips', maxConsecutiveSkips, 1);
  if (validation) whole('validation.everySteps', validation.everySteps, 1);
  if (preview) whole('preview.everySteps', preview.everySteps, 1);
  if (checkpoint?.everySteps !== undefined) whole('checkpoint.everySteps', checkpoint.everySteps, 1);

  const now = (): number => performance.now() / 1000;
  const started = now();
  let step = from?.step ?? 0;
  let skipped = from?.counters.skipped ?? 0;
  let consecutive = 0;
  let smooth = { value: from?.counters.emaLoss ?? 0, count: from?.counters.lossCount ?? 0 };
  let saved: { step: number; at: number; file?: string } = { step, at: started };
  const rateAfter = createRateMeter({ imagesPerStep: batchSize * accumulate, totalSteps: steps, now });
  const record = (entry: MetricsRecord, rate?: Rate): void => metrics.forEach((sink) => sink.write(entry, rate));

  /** Metrics first: a checkpoint promises that the lines up to its step are there. */
  async function save({ save: write }: CheckpointOptions): Promise<TrainEvent<P>> {
    await Promise.all(metrics.map((sink) => sink.flush()));
    const counters = { skipped, emaLoss: smooth.value, lossCount: smooth.count };
    const file = await write({ step, networks: await executor.snapshot(), arrays: history?.arrays() ?? {}, counters });
    saved = { step, at: now(), file };
    return { type: 'checkpoint', step, file };
  }

  yield { type: 'start', step, steps, resumed: from !== undefined };
  while (step < steps && !signal?.aborted) {
    const microbatches: Feeds[] = [];
    for (let micro = 0; micro < accumulate; micro++) microbatches.push(await batchAt(step, micro));
    const rate = learningRate(step);
    const result = await executor.step(microbatches, { learningRate: rate });
    step++;
    const rates = rateAfter(step);

    if (!result.applied) {
      skipped++;
      consecutive++;
      const reason = result.reason ?? 'not finite';
      record({ step, skipped: reason });
      yield { type: 'skipped', step, reason, consecutive, total: skipped };
      if (consecutive >= maxConsecutiveSkips) {
        throw new NoisetteError(
          `train: ${consecutive} steps in a row were not finite, the last (step ${step}) because ${reason}. The weights are those after step ${step - consecutive}, the last good one`
          + `${saved.file ? `, and ${saved.file} holds those after step ${saved.step}` : ''}. Lower the learning rate or maxGradNorm, or look at the data of these steps`,
        );
      }
    } else {
      consecutive = 0;
      history?.observe(step - 1, result);
      smooth = smoothed(smooth, result.loss);
      const { loss, gradNorm } = result;
      record({ step, loss, emaLoss: smooth.value, gradNorm, lr: rate }, rates);
      yield { type: 'step', step, loss, emaLoss: smooth.value, gradNorm, learningRate: rate, ...rates };
    }

    if (validation && (step % validation.everySteps === 0 || step === steps)) {
      const losses: Partial<Record<WeightsKind, number>> = {};
      for (const weights of validation.weights ?? ['ema']) losses[weights] = await meanLoss(executor, validation.batches(), weights);
      record({ step, ...Object.fromEntries(Object.entries(losses).map(([weights, loss]) => [`validation.${weights}`, loss])) });
      yield { type: 'validation', step, losses };
    }
    if (preview && (step % preview.everySteps === 0 || step === steps)) yield { type: 'preview', step, preview: await preview.make(step, executor) };
    // While steps are skipped the weights may be what makes them so: the last good checkpoint is kept.
    if (checkpoint && consecutive === 0 && step < steps) {
      const due = (checkpoint.everySteps !== undefined && step % checkpoint.everySteps === 0) || (checkpoint.everySeconds !== undefined && now() - saved.at >= checkpoint.everySeconds);
      if (due) yield await save(checkpoint);
    }
  }
  if (checkpoint && consecutive === 0 && saved.step !== step) yield await save(checkpoint);
  yield { type: 'done', step, reason: step >= steps ? 'finished' : 'aborted', seconds: now() - started };
}
