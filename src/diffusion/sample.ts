/**
 * The one sampling loop: x_T ~ N(0, I), then one stepper call for each pair of the grid. An async generator, so the caller owns the loop:
 * it may show each state, stop early, or abort.
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf, type Shape } from '../core/shape.ts';
import type { Seed } from '../core/rng.ts';
import { tensor, type Tensor } from '../core/tensor.ts';
import type { Condition } from './condition.ts';
import type { Denoiser } from './denoiser.ts';
import type { Grid } from './grid.ts';
import type { Level } from './level.ts';
import { countFrom, noiseRows } from './noise.ts';
import type { Sampler } from './sampler.ts';
import type { Schedule } from './schedule.ts';

export interface SampleOptions {
  readonly schedule: Schedule;
  readonly grid: Grid;
  readonly sampler: Sampler;
  /** [batch, …]. */
  readonly shape: Shape;
  readonly seed: Seed;
  /** Which samples these are; 0 … batch − 1 unless given. A sample depends on (seed, its index) alone, not on its batch. */
  readonly indices?: ArrayLike<number>;
  readonly condition?: Condition;
  /** The state at the first level, instead of {@link initialState}. */
  readonly initial?: Float32Array;
  /** Another source of step noise: the `draw`-th unit normal array (from 0) of step `step`. */
  readonly noise?: (step: number, draw: number) => Float32Array;
  readonly signal?: AbortSignal;
}

export interface SampleStep {
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** The level reached. */
  readonly level: Level;
  readonly x: Tensor;
  /** The estimate of the clean data that led here. */
  readonly x0: Tensor;
}

const DRAWS_PER_STEP = 256;

/** The state that sampling starts from: unit normals times √(signalScale² + noiseScale²), the spread of unit-variance data at that level. */
export function initialState(shape: Shape, level: Level, seed: Seed, indices: ArrayLike<number> = countFrom(0, shape[0])): Float32Array {
  const x = noiseRows({ seed, purpose: 'sampleNoise', indices }, sizeOf(shape) / shape[0]);
  const spread = Math.sqrt(level.signalScale ** 2 + level.noiseScale ** 2);
  if (Math.abs(spread - 1) > 1e-9) for (let i = 0; i < x.length; i++) x[i] *= spread;
  return x;
}

/**
 * Yields the state after each step; the arrays are the caller's to keep. The last `x` is the result.
 * Throws when the shapes do not fit, and the signal's reason when aborted (checked before every call of the denoiser).
 */
export async function* sample(denoiser: Denoiser, options: SampleOptions): AsyncGenerator<SampleStep, void, undefined> {
  const { schedule, grid, sampler, shape, seed, condition, signal } = options;
  const batch = shape[0];
  const indices = options.indices ?? countFrom(0, batch);
  const total = sizeOf(shape);
  check(total > 0, 'sample', () => `shape ${showShape(shape)} is empty`);
  check(grid.length > 0, 'sample', 'the grid has no steps');
  check(indices.length === batch, 'sample', () => `shape ${showShape(shape)} needs ${batch} indices but ${indices.length} came`);
  for (const [name, value] of Object.entries(condition ?? {})) {
    check(value.shape[0] === batch, 'sample', () => `condition ${name} has ${value.shape[0]} rows but the batch is ${batch}`);
  }
  signal?.throwIfAborted();
  let x = options.initial ?? initialState(shape, grid[0].from, seed, indices);
  check(x.length === total, 'sample', () => `initial has ${x.length} numbers but shape ${showShape(shape)} needs ${total}`);

  const stepper = sampler({ grid, schedule });
  const streamNoise = (step: number, draw: number): Float32Array => {
    check(draw < DRAWS_PER_STEP, 'sample', () => `a step may draw noise ${DRAWS_PER_STEP} times`);
    return noiseRows({ seed, purpose: 'stepNoise', indices, draw: step * DRAWS_PER_STEP + draw }, total / batch);
  };
  const draw = options.noise ?? streamNoise;
  for (let step = 0; step < grid.length; step++) {
    let draws = 0;
    const result = await stepper({
      x, step, steps: grid.length, ...grid[step],
      denoise(state, level) {
        signal?.throwIfAborted();
        return denoiser(tensor(shape, state), level, condition);
      },
      noise: () => draw(step, draws++),
    });
    signal?.throwIfAborted();
    x = result.x;
    yield { step: step + 1, steps: grid.length, level: grid[step].to, x: tensor(shape, x), x0: tensor(shape, result.x0) };
  }
}

/** Runs the loop to its end and returns the last state. */
export async function sampleToEnd(denoiser: Denoiser, options: SampleOptions): Promise<Tensor> {
  let last: Tensor | undefined;
  for await (const { x } of sample(denoiser, options)) last = x;
  return last!;
}
