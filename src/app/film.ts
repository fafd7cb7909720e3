/**
 * Films: the reverse process, noise becoming samples (or what the model believes the picture to be, step by step), and the forward one, data becoming
 * noise: xt = signalScale·x0 + noiseScale·ε with one ε for the whole film.
 */
import { check } from '../core/errors.ts';
import type { Seed } from '../core/rng.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import { addNoise } from '../diffusion/forward.ts';
import { DATA_LEVEL, type Level } from '../diffusion/level.ts';
import { countFrom, noiseRows } from '../diffusion/noise.ts';
import { initialState } from '../diffusion/sample.ts';
import type { FilmFrame } from '../formats/film.ts';
import { gridFor, scheduleOf } from './choices.ts';
import type { RunConfig, SampleConfig } from './config.ts';
import type { Model } from './model.ts';
import { overview, rowsOf } from './pictures.ts';
import { requestedClasses, sample, settingsWith, type SampleOptions } from './sample.ts';
import type { Samples, SamplingEvent } from './sampling.ts';

export interface FilmOptions extends SampleOptions {
  /** The noisy state, or the estimate of the clean picture that the step was made from. Default: state. */
  readonly show?: 'state' | 'estimate';
  readonly title?: string;
}

/** A film is about so large; a picture in it is at most as large as the second says. Pixels. */
const FILM_SIZE = 680;
const TILE_SIZE = 192;
/** Length of the frames in milliseconds. */
const DELAY = { first: 500, step: 90, last: 2500 };

interface Moment {
  readonly values: Float32Array;
  readonly level: Level;
  readonly caption: string;
}

const describe = (level: Level): string => (level.sigma === 0 ? 'data' : `t ${level.t.toFixed(2)}  noise ${(level.noiseScale ** 2 * 100).toFixed(0)}%`);

/** Yields the steps of sampling, then the frames with the samples at their end. */
export async function* reverseFilm(model: Model, options: FilmOptions = {}): AsyncGenerator<Exclude<SamplingEvent, { type: 'samples' }> | { readonly type: 'film'; readonly frames: FilmFrame[]; readonly samples: Samples }, void, undefined> {
  const { show = 'state', seed = 0, title } = options;
  const classes = requestedClasses(model, options);
  const count = classes?.length ?? options.count ?? 1;
  const { shape } = model;
  const size = sizeOf(shape);
  const grid = gridFor(settingsWith(model, options.settings), scheduleOf(model.config.diffusion));
  const moments: Moment[] = [{ values: initialState([count, ...shape], grid[0].from, seed), level: grid[0].from, caption: `noise  ${describe(grid[0].from)}` }];
  let samples: Samples | undefined;
  for await (const event of sample(model, options)) {
    if (event.type === 'samples') samples = event.samples;
    else {
      moments[event.step] ??= { values: new Float32Array(count * size), level: event.level, caption: `step ${event.step}/${event.steps}  ${describe(event.level)}` };
      moments[event.step].values.set((show === 'state' ? event.x : event.x0).data, event.first * size);
      yield event;
    }
  }
  check(samples, 'film', 'sampling ended without samples');
  yield { type: 'film', frames: framesOf(moments, { shape, count, ...(samples.classes && { classes: samples.classes }) }, model.classNames, title), samples };
}

export interface ForwardFilmOptions {
  readonly seed?: Seed;
  readonly settings: SampleConfig;
  readonly classNames?: readonly string[];
  readonly title?: string;
}

/** Clean examples becoming noise, along the levels that sampling visits, in the other direction. */
export function forwardFilm(data: Samples, diffusion: RunConfig['diffusion'], { seed = 0, settings, classNames, title }: ForwardFilmOptions): FilmFrame[] {
  const noise = noiseRows({ seed, purpose: 'noise', indices: countFrom(0, data.count) }, sizeOf(data.shape));
  const levels = [DATA_LEVEL, ...gridFor(settings, scheduleOf(diffusion)).map(({ from }) => from).reverse()];
  const moments = levels.map((level, i) => ({ values: addNoise(data.values, level, noise), level, caption: i === 0 ? 'data' : `step ${i}/${levels.length - 1}  ${describe(level)}` }));
  return framesOf(moments, data, classNames, title);
}

function framesOf(moments: readonly Moment[], samples: Omit<Samples, 'values'> & { readonly shape: Shape }, classNames: readonly string[] | undefined, title: string | undefined): FilmFrame[] {
  const last = moments.length - 1;
  const { columns = Math.ceil(Math.sqrt(samples.count)) } = rowsOf(samples, classNames);
  const tile = Math.min(TILE_SIZE, FILM_SIZE / Math.max(columns, samples.count / columns));
  const scale = Math.max(1, Math.min(8, Math.floor(tile / Math.max(...samples.shape.slice(1)))));
  return moments.map(({ values, caption }, i) => ({
    picture: overview({ ...samples, values }, classNames, { caption, progress: last ? i / last : 1, scale, ...(title !== undefined && { title }) }),
    delay: i === last ? DELAY.last : i === 0 ? DELAY.first : DELAY.step,
  }));
}
