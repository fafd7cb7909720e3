/** Takes up a run where its newest whole checkpoint left it: find, compare, fill, restore, and say what is different. */
import type { RunDescription, RunState } from './checkpoint-file.ts';
import { fillFromCheckpoint } from './checkpoint-file.ts';
import { newestCheckpoint, type CheckpointStore } from './checkpoint.ts';
import type { StepExecutor } from './executor.ts';
import { checkResumable, compareSettings, showChanges, versionWarnings, type ResumeRules } from './resume.ts';

export interface Resumed {
  /** For `train`'s `from`; its `arrays` are for whatever history the run keeps. */
  readonly from: RunState;
  /** The checkpoint's file. */
  readonly file: string;
  /** For people: damaged checkpoints passed over, changed settings, changed versions. */
  readonly notes: readonly string[];
}

/**
 * Restores `executor` (made from the current configuration) from the newest whole checkpoint; undefined when there is none yet. Throws, with the
 * difference, when a setting changed that may not, and when the networks do not fit; the executor is then as it was.
 */
export async function resumeRun(store: CheckpointStore, executor: StepExecutor, description: RunDescription, rules: ResumeRules): Promise<Resumed | undefined> {
  const found = await newestCheckpoint(store);
  if (!found) return undefined;
  const { file, entry, warnings } = found;
  const changes = compareSettings(file.config, description.config, rules);
  checkResumable(changes, rules);
  const from = fillFromCheckpoint(file, await executor.snapshot());
  await executor.restore(from.networks);
  const notes = [...warnings, ...changes.length ? [showChanges(changes)] : [], ...versionWarnings(file.versions, description.versions)];
  return { from, file: entry.file, notes };
}
