/**
 * `noisette/train`: the training loop and its parts: step executors, optimizer, average, learning-rate schedules, checkpoints, metrics. What touches the disk
 * is in `noisette/train/node`.
 */
export { type TrainEvent, type ValidationOptions, type CheckpointOptions, type TrainOptions, train } from './loop.ts';
export { type NetworkState, type NetworkStates, type InitialState, initialState, copyState } from './state.ts';
export { type Feeds, type StepHyper, type StepResult, type WeightsKind, type StepExecutor, type GradientResult, type GradientProgram, type HostExecutorOptions, hostExecutor } from './executor.ts';
export { deviceExecutor } from './device-executor.ts';
export { type DenoisingProgramOptions, denoisingModels, type DenoisingProgram, denoisingProgram } from './denoising-program.ts';
export { type DenoisingTask, type TrainingBatches, type ValidationBatches, trainingBatches, validationBatches } from './denoising-batch.ts';
export { dropoutFeeds } from './dropout-masks.ts';
export { type LossProgramOptions, type TracedLoss, type LossProgram, lossProgram } from './loss-program.ts';
export { traceClassifierLoss, classifierProgram } from './classifier-program.ts';
export { weightedMse } from './losses/weighted-mse.ts';
export { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.ts';
export { type AdamOptions, type AdamSettings, ADAM_DEFAULTS, adamSettings, type AdamScalars, adamScalars, clipCoefficient, gradientNorm, type AdamVectors, adamUpdate } from './optimizer.ts';
export { type EmaOptions, type EmaSettings, type EmaWarmup, EMA_DEFAULTS, emaSettings, emaDecay, decayOfHalfLife } from './ema.ts';
export { type LrScheduleOptions, type LrDecay, type LrSchedule, lrSchedule } from './lr-schedule.ts';
export { type CheckpointStore, type CheckpointEntry, POINTER, webSha256, memoryStore, listCheckpoints, saveCheckpoint, type FoundCheckpoint, newestCheckpoint } from './checkpoint.ts';
export { type Json, type RunState, type RunDescription, encodeCheckpoint, type CheckpointFile, openCheckpoint, fillFromCheckpoint } from './checkpoint-file.ts';
export { type ResumeRule, type ResumeRules, type SettingChange, ruleFor, compareSettings, checkResumable, versionWarnings } from './resume.ts';
export { type Resumed, resumeRun } from './resume-run.ts';
export { type MetricsRecord, type MetricsSink, type SmoothedLoss, smoothed, type Rate, type RateMeterOptions, createRateMeter } from './metrics.ts';
