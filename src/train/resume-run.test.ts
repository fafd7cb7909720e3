import { expect, it } from 'vitest';
import { toyBatch, toyLayout, toyProgram, toyWeights } from '../../test/kill-toy.ts';
import type { RunDescription } from './checkpoint-file.ts';
import { memoryStore, saveCheckpoint } from './checkpoint.ts';
import { hostExecutor, type StepExecutor } from './executor.ts';
import { resumeRun } from './resume-run.ts';
import { initialState } from './state.ts';

const executorOf = (seed: number, ema = true): StepExecutor => {
  const { trainable, frozen } = toyWeights(seed);
  return hostExecutor(toyProgram(), initialState({ layout: toyLayout, weights: trainable, frozen, ema }));
};
const description = (steps: number, width: number): RunDescription => ({ config: { steps, width }, versions: { node: '1' } });
const rules = { steps: 'course' } as const;

it('takes a run up, or says why not and leaves the executor alone', async () => {
  const store = memoryStore();
  const first = executorOf(1);
  expect(await resumeRun(store, first, description(10, 1), rules)).toBeUndefined();
  await first.step([toyBatch({ seed: 1, batchSize: 4, accumulate: 1, dropout: 0, conditionDropout: 0 }, 0, 0)], { learningRate: 0.1 });
  await saveCheckpoint(store, { step: 1, networks: await first.snapshot(), arrays: {}, counters: { skipped: 0 } }, description(10, 1));

  const second = executorOf(2);
  const resumed = (await resumeRun(store, second, { ...description(20, 1), versions: { node: '2' } }, rules))!;
  expect(resumed.from.step).toBe(1);
  expect(resumed.notes).toEqual(['change the course of the run from here on:\n  steps: 10 → 20', 'node was 1 and is now 2: the run continues, but not bit for bit as before']);
  expect(await second.snapshot()).toEqual(await first.snapshot());

  for (const [executor, wanted, message] of [[executorOf(3), description(10, 2), 'width: 1 → 2'], [executorOf(3, false), description(10, 1), 'does not know: model/ema/']] as const) {
    const before = structuredClone(await executor.snapshot());
    await expect(resumeRun(store, executor, wanted, rules)).rejects.toThrow(message);
    expect(await executor.snapshot()).toEqual(before);
  }
});
