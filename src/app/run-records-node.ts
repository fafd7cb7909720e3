/** What a training run leaves on disk as it goes, and what it continues from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';
import { encodePng } from '../formats/png.ts';
import type { Json } from '../train/checkpoint-file.ts';
import { folderStore } from '../train/checkpoint-node.ts';
import { saveCheckpoint } from '../train/checkpoint.ts';
import type { StepExecutor } from '../train/executor.ts';
import { openMetricsFile } from '../train/metrics-node.ts';
import { resumeRun } from '../train/resume-run.ts';
import type { ResumeRules } from '../train/resume.ts';
import { openTensorBoard } from '../train/tensorboard-node.ts';
import type { DataShape } from './build.ts';
import { parseConfig, type RunConfig } from './config.ts';
import { ensureFolder, whyNot } from './file-access-node.ts';
import { saveModel } from './model-node.ts';
import { CHECKPOINTS, CONFIG_FILE, METRICS_FILE, MODEL_FILE, SAMPLES } from './run-directory-node.ts';
import type { RunRecords } from './run-records.ts';
import { runVersions } from './versions-node.ts';

/** What may change when a run is resumed. Everything else may not. */
export const RESUME_RULES: ResumeRules = {
  name: 'free',
  sample: 'free',
  'data.folder': 'free',
  'train.validationEvery': 'free',
  'train.checkpointEvery': 'free',
  'train.checkpointSeconds': 'free',
  'train.checkpointsKept': 'free',
  'train.previewEvery': 'free',
  'train.previewCount': 'free',
  'train.previewSteps': 'free',
  'train.maxSkips': 'free',
  'train.steps': 'course',
  'train.optimizer': 'course',
  'train.lr': 'course',
  'train.warmup': 'course',
  'train.lrDecay': 'course',
  'train.lrFloor': 'course',
  'train.beta1': 'course',
  'train.beta2': 'course',
  'train.epsilon': 'course',
  'train.weightDecay': 'course',
  'train.clip': 'course',
  'train.ema': 'course',
  'train.emaWarmup': 'course',
  'train.emaPower': 'course',
  'diffusion.weighting': 'course',
  'diffusion.gamma': 'course',
  'diffusion.levels': 'course',
  'diffusion.conditionDropout': 'course',
  'data.flip': 'course',
  'data.shift': 'course',
  device: 'course',
  lowering: 'course',
  threads: 'course',
};

export interface RecordsOptions extends DataShape {
  readonly config: RunConfig;
  readonly device: string;
  readonly resume: boolean;
  /** Filled from the newest checkpoint when resuming. */
  readonly executor: StepExecutor;
}

/** What checkpoints keep as their configuration: that of the run, and what the network was built for. */
export const checkpointConfig = (config: RunConfig, { shape, classNames }: DataShape): Json =>
  JSON.parse(JSON.stringify({ ...config, dataset: { shape, classNames: classNames ?? null } })) as Json;

/** The configuration that a run's folder holds. */
export async function savedConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, CONFIG_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => check(false, 'resume', `cannot read ${path}: ${whyNot(error)}; give the folder that a training run wrote to`) as never);
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch (error) {
    check(false, path, `is no JSON: ${(error as Error).message}; the newest checkpoint has the settings too: noisette info ${folder} --config`);
  }
  return parseConfig(saved, path);
}

/** Opens the records of a run in a folder that this process has claimed. Throws, before anything is overwritten, when a resumed run changes what cannot change. */
export async function openRecords(folder: string, { config, shape, classNames, device, resume, executor }: RecordsOptions): Promise<RunRecords> {
  const store = await folderStore(join(folder, CHECKPOINTS));
  await ensureFolder(join(folder, SAMPLES), 'train');
  const description = { config: checkpointConfig(config, { shape, classNames }), versions: runVersions(device) };
  const found = resume ? await resumeRun(store, executor, description, RESUME_RULES) : undefined;
  check(!found || found.from.step <= config.train.steps, 'resume', () => `the run has made ${found!.from.step} steps already, and train.steps is ${config.train.steps}; give more with --steps`);
  await writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);

  const step = found?.from.step ?? 0;
  const board = await openTensorBoard(folder, step);
  const metrics = [openMetricsFile(join(folder, METRICS_FILE), step), board];
  const { checkpointEvery, checkpointSeconds, checkpointsKept } = config.train;
  return {
    notices: found?.notes ?? (resume ? ['the run has no checkpoint yet: it begins anew'] : []),
    metrics,
    ...(found && { from: found.from }),
    checkpoint: {
      save: async (state) => join(folder, CHECKPOINTS, (await saveCheckpoint(store, state, description, checkpointsKept)).file),
      ...(checkpointEvery !== null && { everySteps: checkpointEvery }),
      ...(checkpointSeconds !== null && { everySeconds: checkpointSeconds }),
    },
    async keepPreview(at, preview) {
      const file = join(folder, SAMPLES, `step-${at}.png`);
      await writeFileAtomic(file, encodePng(preview.picture, { Software: 'Noisette', Title: `step ${at}` }));
      board.picture(at, 'samples', preview.picture);
      return { ...preview, file };
    },
    async keepModel(model) {
      const file = join(folder, MODEL_FILE);
      await saveModel(file, model);
      return file;
    },
    async close() {
      for (const sink of metrics) await sink.close();
    },
  };
}
