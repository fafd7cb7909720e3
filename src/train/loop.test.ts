import { describe, expect, it } from 'vitest';
import { toyBatch, toyLayout, toyProgram, toyWeights, type ToyBatches } from '../../test/kill-toy.ts';
import { tensor, type AnyTensor } from '../core/tensor.ts';
import { fillFromCheckpoint, type RunState } from './checkpoint-file.ts';
import { memoryStore, newestCheckpoint, saveCheckpoint, type CheckpointStore } from './checkpoint.ts';
import { hostExecutor, type Feeds, type GradientProgram, type StepExecutor } from './executor.ts';
import { train, type TrainEvent, type TrainOptions } from './loop.ts';
import { lrSchedule } from './lr-schedule.ts';
import type { MetricsRecord, MetricsSink } from './metrics.ts';
import { initialState } from './state.ts';

const batches: ToyBatches = { seed: 3, batchSize: 8, accumulate: 2, dropout: 0.1, conditionDropout: 0.1 };
const batchAt = (step: number, micro: number): Feeds => toyBatch(batches, step, micro);
const learningRate = lrSchedule({ peak: 1e-2, warmupSteps: 5, decay: 'cosine', totalSteps: 40 });
const description = { config: null, versions: {} };

function executorOf(program: GradientProgram = toyProgram()): StepExecutor {
  const { trainable, frozen } = toyWeights(1);
  return hostExecutor(program, initialState({ layout: toyLayout, weights: trainable, frozen, ema: true }));
}
const base = (executor: StepExecutor): TrainOptions => ({ executor, batchAt, learningRate, steps: 40, accumulate: 2, batchSize: 8 });
const saver = (store: CheckpointStore) => async (state: RunState): Promise<string> => (await saveCheckpoint(store, state, description)).file;

async function collect<P>(events: AsyncGenerator<TrainEvent<P>>): Promise<TrainEvent<P>[]> {
  const all: TrainEvent<P>[] = [];
  for await (const event of events) all.push(event);
  return all;
}
const ofType = <P, T extends TrainEvent<P>['type']>(events: readonly TrainEvent<P>[], type: T) => events.filter((e): e is Extract<TrainEvent<P>, { type: T }> => e.type === type);

/** Executor and progress as the newest checkpoint of `store` left them. */
async function resumed(store: CheckpointStore): Promise<{ executor: StepExecutor; from: RunState }> {
  const executor = executorOf();
  const from = fillFromCheckpoint((await newestCheckpoint(store))!.file, await executor.snapshot());
  await executor.restore(from.networks);
  return { executor, from };
}

describe('the training loop', () => {
  it('says what happens, in order', async () => {
    const lines: MetricsRecord[] = [];
    const log: string[] = [];
    const sink: MetricsSink = { write: (record) => void lines.push(record), flush: async () => void log.push('flush'), close: async () => {} };
    const validation = { everySteps: 20, batches: () => [toyBatch({ ...batches, batchSize: 64 }, 0, 0, true)], weights: ['trained', 'ema'] as const };
    const events = await collect(train({
      ...base(executorOf()), validation, metrics: [sink],
      preview: { everySteps: 15, make: async (step) => `picture ${step}` },
      checkpoint: { everySteps: 10, save: async (state) => { log.push(`save ${state.step}`); return `c${state.step}`; } },
    }));
    expect(events[0]).toEqual({ type: 'start', step: 0, steps: 40, resumed: false });
    expect(ofType(events, 'step').map((e) => e.step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(ofType(events, 'step').map((e) => e.learningRate)).toEqual(Array.from({ length: 40 }, (_, i) => learningRate(i)));
    expect(ofType(events, 'preview').map((e) => e.preview)).toEqual(['picture 15', 'picture 30', 'picture 40']);
    expect(log).toEqual(['flush', 'save 10', 'flush', 'save 20', 'flush', 'save 30', 'flush', 'save 40']);
    expect(events.at(-1)).toMatchObject({ type: 'done', step: 40, reason: 'finished' });
    const [first, last] = ofType(events, 'validation');
    expect([first.step, last.step]).toEqual([20, 40]);
    expect(last.losses.trained!).toBeLessThan(first.losses.trained!);
    expect(lines.filter((l) => 'loss' in l).length).toBe(40);
    expect(lines.at(-1)).toEqual({ step: 40, 'validation.trained': last.losses.trained, 'validation.ema': last.losses.ema });
    for (const e of ofType(events, 'step')) expect(e.stepsPerSecond > 0 && e.imagesPerSecond === 16 * e.stepsPerSecond && e.etaSeconds >= 0).toBe(true);
  });

  it('validation, previews and checkpoints leave the training alone', async () => {
    const plain = executorOf();
    await collect(train(base(plain)));
    const busy = executorOf();
    await collect(train({
      ...base(busy),
      validation: { everySteps: 3, batches: () => [batchAt(0, 0)] },
      preview: { everySteps: 4, make: async (_, executor) => (await executor.snapshot()).model.ema![0] },
      checkpoint: { everySteps: 5, save: saver(memoryStore()) },
    }));
    expect(await busy.snapshot()).toEqual(await plain.snapshot());
  });

  it.each([1, 17, 39])('N steps equal %d steps, a resume and the rest, bit for bit', async (half) => {
    const whole = executorOf();
    const events = ofType(await collect(train(base(whole))), 'step');
    const store = memoryStore();
    const stop = new AbortController();
    const before: TrainEvent[] = [];
    for await (const event of train({ ...base(executorOf()), checkpoint: { save: saver(store) }, signal: stop.signal })) {
      before.push(event);
      if (event.type === 'step' && event.step === half) stop.abort();
    }
    expect(before.slice(-2)).toMatchObject([{ type: 'checkpoint', step: half }, { type: 'done', step: half, reason: 'aborted' }]);
    const { executor, from } = await resumed(store);
    const after = await collect(train({ ...base(executor), from }));
    expect(after[0]).toEqual({ type: 'start', step: half, steps: 40, resumed: true });
    expect(await executor.snapshot()).toEqual(await whole.snapshot());
    const numbers = (list: typeof events) => list.map(({ step, loss, emaLoss, gradNorm }) => [step, loss, emaLoss, gradNorm]);
    expect([...numbers(ofType(before, 'step')), ...numbers(ofType(after, 'step'))]).toEqual(numbers(events));
  });

  it('continues what learns from its outputs', async () => {
    // Each step feeds the batch whose number the last losses choose: wrong unless the history comes back.
    const historyOf = (arrays: Readonly<Record<string, AnyTensor>> = {}) => {
      let last = (arrays.last?.data as Float32Array | undefined)?.[0] ?? 0;
      return {
        batchAt: (step: number, micro: number) => batchAt(step + Math.floor(1e4 * last), micro),
        history: { observe: (_: number, result: { outputs: readonly Readonly<Record<string, AnyTensor>>[] }) => { last = Number(result.outputs[0].squares.data[0]); }, arrays: () => ({ last: tensor([1], [last]) }) },
      };
    };
    const whole = executorOf();
    await collect(train({ ...base(whole), ...historyOf() }));
    const store = memoryStore();
    await collect(train({ ...base(executorOf()), ...historyOf(), steps: 20, checkpoint: { save: saver(store) } }));
    const { executor, from } = await resumed(store);
    await collect(train({ ...base(executor), ...historyOf(from.arrays), from }));
    expect(await executor.snapshot()).toEqual(await whole.snapshot());
    const forgetful = await resumed(store);
    await collect(train({ ...base(forgetful.executor), ...historyOf(), from: forgetful.from }));
    expect(await forgetful.executor.snapshot()).not.toEqual(await whole.snapshot());
  });

  it('saves by the clock', async () => {
    const saves: number[] = [];
    const slow = async (step: number, micro: number): Promise<Feeds> => {
      await new Promise((resolve) => setTimeout(resolve, 4));
      return batchAt(step, micro);
    };
    await collect(train({ ...base(executorOf()), batchAt: slow, steps: 12, checkpoint: { everySeconds: 0.03, save: async ({ step }) => { saves.push(step); return ''; } } }));
    expect(saves.length).toBeGreaterThan(1);
    expect(saves.length).toBeLessThan(8);
    expect(saves.at(-1)).toBe(12);
  });

  it('stops at once when the caller leaves', async () => {
    let saves = 0;
    for await (const event of train({ ...base(executorOf()), checkpoint: { save: async () => `${saves++}` } })) if (event.type === 'step' && event.step === 3) break;
    expect(saves).toBe(0);
  });

  describe('when steps are not finite', () => {
    /** The toy whose loss is NaN in the given steps (two micro-batches a step; a step that fails takes one call). */
    const failing = (bad: (step: number) => boolean): Pick<TrainOptions, 'batchAt' | 'executor'> => {
      const inner = toyProgram();
      let current = 0;
      return {
        batchAt: (step, micro) => { current = step; return batchAt(step, micro); },
        executor: executorOf({ ...inner, gradient: async (p, f, g) => { const r = await inner.gradient(p, f, g); return bad(current) ? { ...r, loss: NaN } : r; } }),
      };
    };

    it('skips them, counts them and goes on', async () => {
      const lines: MetricsRecord[] = [];
      const events = await collect(train({ ...base(executorOf()), ...failing((s) => s === 4 || s === 5 || s === 30), metrics: [{ write: (r) => void lines.push(r), flush: async () => {}, close: async () => {} }] }));
      expect(ofType(events, 'skipped').map((e) => [e.step, e.consecutive, e.total])).toEqual([[5, 1, 1], [6, 2, 2], [31, 1, 3]]);
      expect(ofType(events, 'step').length).toBe(37);
      expect(lines[4]).toEqual({ step: 5, skipped: 'the loss of micro-batch 1 of 2 is NaN' });
    });

    it('stops after a few in a row with the last good checkpoint in place', async () => {
      const store = memoryStore();
      const options = { ...base(executorOf()), ...failing((s) => s >= 11), checkpoint: { everySteps: 2, save: saver(store) }, maxConsecutiveSkips: 3 };
      const events: TrainEvent[] = [];
      await expect((async () => { for await (const event of train(options)) events.push(event); })()).rejects.toThrow(
        /^train: 3 steps in a row were not finite, the last \(step 14\) because the loss of micro-batch 1 of 2 is NaN\. The weights are those after step 11, the last good one, and step-00000010-\w+\.safetensors holds those after step 10\./,
      );
      expect(ofType(events, 'skipped').length).toBe(3);
      expect((await newestCheckpoint(store))!.entry.step).toBe(10);
    });

    it('saves nothing when aborted in the midst of them', async () => {
      const stop = new AbortController();
      const saves: number[] = [];
      for await (const event of train({ ...base(executorOf()), ...failing((s) => s >= 6), checkpoint: { save: async ({ step }) => { saves.push(step); return ''; } }, signal: stop.signal })) if (event.type === 'skipped') stop.abort();
      expect(saves).toEqual([]);
    });
  });

  it('refuses counts that are not whole', async () => {
    await expect(collect(train({ ...base(executorOf()), steps: 0 }))).rejects.toThrow('train: steps must be a whole number from 1, got 0');
    await expect(collect(train({ ...base(executorOf()), accumulate: 1.5 }))).rejects.toThrow('accumulate must be a whole number');
  });
});
