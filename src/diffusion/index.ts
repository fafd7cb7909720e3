/**
 * `noisette/diffusion`: the mathematics of diffusion on the host, pure numbers without a graph. A *schedule* has *levels*; a *grid* is the levels that
 * sampling visits; a *sampler* makes steppers; a *denoiser* is what it calls, and guidance wraps one.
 */
export { type Level, DATA_LEVEL, variancePreservingLevel, showLevel } from './level.ts';
export { type Schedule, type DiscreteSchedule, type DiscreteTables, discreteSchedule, previousLevel } from './schedule.ts';
export { type BetaOptions, linearSchedule, scaledLinearSchedule, cosineSchedule, withZeroTerminalSnr } from './beta-schedules.ts';
export { type GridStep, type Grid, type Spacing, gridOf, type SpacingOptions, gridIndices, spacedGrid, stridedGrid, type KarrasOptions, karrasGrid } from './grid.ts';
export { type Transition, transition, chainStep, addNoise, klToUnitGaussian } from './forward.ts';
export { type Posterior, posterior, posteriorByPrecision, posteriorMean, type PosteriorTables, posteriorTables } from './posterior.ts';
export { type Prediction, type LinearForm, PREDICTIONS, linearForm, fromOutput, toOutput, convertOutput } from './prediction.ts';
export { type Weighting, simpleWeighting, x0Weighting, vWeighting, velocityWeighting, minSnrWeighting, outputWeight } from './weighting.ts';
export { type SampledLevel, type LevelSampling, uniformLevels, continuousLevels } from './time-sampling.ts';
export { type Objective, type ObjectiveKey, type TrainingPairs, trainingPairs } from './objective.ts';
export { type NoiseKey, noiseRows, countFrom } from './noise.ts';
export type { Condition } from './condition.ts';
export { type ConditionDropout, dropConditions } from './condition-dropout.ts';
export { type Network, type Denoised, type Denoiser, type NetworkDenoiserOptions, networkDenoiser } from './denoiser.ts';
export { clipX0, dynamicThreshold, rederiveEpsilon } from './clipping.ts';
export { type GaussianData, variancesAt, gaussianDenoiser, gaussianFlow } from './gaussian.ts';
export type { SamplerRun, StepInput, StepResult, Stepper, Sampler } from './sampler.ts';
export { type SampleOptions, type SampleStep, initialState, sample, sampleToEnd } from './sample.ts';
export { type DdpmOptions, ddpm } from './samplers/ddpm.ts';
export { type DdimOptions, ddim } from './samplers/ddim.ts';
export { euler } from './samplers/euler.ts';
export { heun } from './samplers/heun.ts';
export { type DpmSolverOptions, dpmSolverPp2M } from './samplers/dpm-solver-pp.ts';
export type { Churn } from './samplers/churn.ts';
export { type ClassifierFreeOptions, classifierFree } from './guidance/classifier-free.ts';
export { gaussianKl, discretizedGaussianLogLikelihood, bitsPerDimension } from './likelihood.ts';
