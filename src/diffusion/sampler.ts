/**
 * What a sampling algorithm is. A {@link Sampler} is a factory: called once a run, it returns a fresh {@link Stepper}, whose memory (the
 * earlier estimates of a multistep method) is in its own variables. A stepper takes the state from one level to the next; it may call the
 * denoiser as often as it likes, also at levels between, and draw noise. The loop in sample.ts drives them all.
 */
import type { Denoised } from './denoiser.ts';
import type { Grid } from './grid.ts';
import type { Level } from './level.ts';
import type { Schedule } from './schedule.ts';

export interface SamplerRun {
  readonly grid: Grid;
  /** For levels between those of the grid. */
  readonly schedule: Schedule;
}

export interface StepInput {
  readonly x: Float32Array;
  readonly from: Level;
  readonly to: Level;
  /** Counts from 0. */
  readonly step: number;
  readonly steps: number;
  denoise(x: Float32Array, level: Level): Promise<Denoised>;
  /** The next unit normal draw of this step, one stream a sample; as x. */
  noise(): Float32Array;
}

export interface StepResult {
  /** The state at `to`: a new array. */
  readonly x: Float32Array;
  /** The estimate of the clean data that led there. */
  readonly x0: Float32Array;
}

export type Stepper = (input: StepInput) => Promise<StepResult>;
export type Sampler = (run: SamplerRun) => Stepper;
