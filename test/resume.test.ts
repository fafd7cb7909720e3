/** A real network's run, stopped and taken up in another process's stead: N steps equal N/2 steps, a checkpoint on disk, and the rest, bit for bit. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderStore, machineVersions } from '../src/train/checkpoint-node.ts';
import { saveCheckpoint } from '../src/train/checkpoint.ts';
import { train } from '../src/train/loop.ts';
import { openMetricsFile } from '../src/train/metrics-node.ts';
import { resumeRun } from '../src/train/resume-run.ts';
import type { NetworkStates } from '../src/train/state.ts';
import { KILL_MODELS } from './kill-models.ts';

const STEPS = 16;
const root = mkdtempSync(join(tmpdir(), 'noisette-resume-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Trains (on) until the step `stopAt`; what is left of the run is in its folder. */
async function runUntil(folder: string, stopAt: number): Promise<{ states: NetworkStates; started: number; notes: readonly string[] }> {
  const { config, executor, ...model } = await KILL_MODELS.unet(STEPS);
  const description = { config, versions: machineVersions() };
  const store = await folderStore(join(folder, 'checkpoints'));
  const resumed = await resumeRun(store, executor, description, {});
  const metrics = openMetricsFile(join(folder, 'metrics.jsonl'), resumed?.from.step ?? 0);
  const stop = new AbortController();
  const checkpoint = { save: async (state: Parameters<typeof saveCheckpoint>[1]) => (await saveCheckpoint(store, state, description)).file };
  for await (const event of train({ ...model, executor, steps: STEPS, from: resumed?.from, metrics: [metrics], checkpoint, signal: stop.signal })) {
    if (event.type === 'step' && event.step === stopAt) stop.abort();
  }
  const states = structuredClone(await executor.snapshot());
  await metrics.close();
  await executor.dispose();
  return { states, started: resumed?.from.step ?? 0, notes: resumed?.notes ?? [] };
}

it('a resumed run of the U-Net equals an uninterrupted one, bit for bit', async () => {
  const whole = await runUntil(join(root, 'whole'), STEPS);
  await runUntil(join(root, 'parts'), STEPS / 2);
  const second = await runUntil(join(root, 'parts'), STEPS);
  expect(second.started).toBe(STEPS / 2);
  expect(second.notes).toEqual([]);
  expect(second.states).toEqual(whole.states);
  expect(second.states.model.updates).toBe(STEPS);
  expect(second.states.model.ema).not.toEqual(second.states.model.weights);
  const metrics = (name: string): string => readFileSync(join(root, name, 'metrics.jsonl'), 'utf8');
  expect(metrics('parts')).toBe(metrics('whole'));
});
