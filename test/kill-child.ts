/**
 * The process that the kill test kills: trains (or resumes) a run in a folder to its end, and says on standard output when a checkpoint's file is
 * opened, when it has its name, and when a step is done. Arguments: one JSON object.
 */
import { mkdirSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { saveCheckpoint } from '../src/train/checkpoint.ts';
import { folderStore } from '../src/train/checkpoint-node.ts';
import { train } from '../src/train/loop.ts';
import { openMetricsFile } from '../src/train/metrics-node.ts';
import { resumeRun } from '../src/train/resume-run.ts';
import { KILL_MODELS } from './kill-models.ts';

export interface KillArguments {
  readonly model: string;
  readonly folder: string;
  readonly steps: number;
  readonly checkpointEvery: number;
  /** Milliseconds to wait inside a checkpoint's window: before its first byte, halfway, and before it is forced to the disk. */
  readonly pause: number;
}

const { model, folder, steps, checkpointEvery, pause } = JSON.parse(process.argv[2]) as KillArguments;
/** Straight to the pipe, so that what was said before a kill is not lost. */
const say = (text: string): void => void writeSync(1, `${text}\n`);

mkdirSync(folder, { recursive: true });
let pieces = 0;
const store = await folderStore(join(folder, 'checkpoints'), {
  observe: async (moment, name) => {
    pieces = moment === 'piece' ? pieces + 1 : 0;
    if (moment === 'opened' || moment === 'renamed') say(`${moment} ${name}`);
    if (pause > 0 && (moment === 'opened' || moment === 'written' || (moment === 'piece' && pieces === 3))) await sleep(pause);
  },
});

const { executor, batchAt, batchSize, accumulate, learningRate, config } = await KILL_MODELS[model](steps);
const description = { config, versions: {} };
const resumed = await resumeRun(store, executor, description, {});
const from = resumed?.from;
if (resumed?.notes.length) throw new Error(resumed.notes.join('; ')); // no kill may damage a checkpoint
say(`start ${from?.step ?? 0}`);
const metrics = openMetricsFile(join(folder, 'metrics.jsonl'), from?.step ?? 0);
const save = async (state: Parameters<typeof saveCheckpoint>[1]): Promise<string> => (await saveCheckpoint(store, state, description)).file;
for await (const event of train({ executor, batchAt, batchSize, accumulate, learningRate, steps, from, metrics: [metrics], checkpoint: { everySteps: checkpointEvery, save } })) {
  if (event.type === 'step') say(`step ${event.step}`);
}
await metrics.close();
await executor.dispose();
say('end');
