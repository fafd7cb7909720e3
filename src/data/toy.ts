/**
 * Points in the plane from well-known distributions, for tests and teaching: within about [−1, 1]², with classes. Point i is a function
 * of (distribution, seed, i) alone, bit for bit, whatever the number of points. Below u, v, w are uniform on [0, 1), z normal.
 *
 *   ring          eight Gaussians on a circle: 0.75·(cos, sin)(2πc/8) + 0.05·z              class c
 *   moons         two half circles that interlock, radius 0.5                                class: upper, lower
 *   swiss-roll    a spiral band of one and a half turns: 0.95·t·(cos, sin)(2π·2.25t), t in [1/3, 1]   class: inner, middle, outer third
 *   checkerboard  the eight dark squares of a 4×4 board on [−1, 1]²                          class: which square
 *   spiral        three arms: 0.9·√u·(cos, sin)(2π(c/3 + 0.75·√u))                           class: which arm
 */
import { check, oneOf } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import type { Dataset } from './dataset.ts';
import { floatDataset } from './stored-dataset.ts';
import { turn } from './turn.ts';

interface Distribution {
  readonly classNames: readonly string[];
  /** Deviation of the normal noise that is added to both coordinates. */
  readonly noise: number;
  /** The point before noise, of class c, from two uniforms. */
  point(c: number, u: number, v: number): readonly [x: number, y: number];
}

const numbered = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word} ${i}`);
const scaled = (r: number, [x, y]: readonly [number, number]): [number, number] => [r * x, r * y];

const DISTRIBUTIONS = {
  ring: { classNames: numbered('mode', 8), noise: 0.05, point: (c) => scaled(0.75, turn(c / 8)) },
  moons: {
    classNames: ['upper', 'lower'],
    noise: 0.04,
    point: (c, u) => {
      const [x, y] = scaled(0.5, turn(u / 2));
      return c === 0 ? [x - 0.25, y - 0.125] : [0.25 - x, 0.125 - y];
    },
  },
  'swiss-roll': {
    classNames: ['inner', 'middle', 'outer'],
    noise: 0.02,
    point: (c, u) => {
      const t = 1 / 3 + (2 / 9) * (c + u);
      return scaled(0.95 * t, turn(2.25 * t));
    },
  },
  checkerboard: {
    classNames: numbered('square', 8),
    noise: 0,
    point: (c, u, v) => {
      const row = c >> 1;
      return [-1 + 0.5 * (2 * (c & 1) + (row & 1) + u), -1 + 0.5 * (row + v)];
    },
  },
  spiral: {
    classNames: numbered('arm', 3),
    noise: 0.02,
    point: (c, u) => {
      const r = Math.sqrt(u); // correctly rounded by IEEE 754, hence portable
      return scaled(0.9 * r, turn(c / 3 + 0.75 * r));
    },
  },
} satisfies Record<string, Distribution>;

export type ToyName = keyof typeof DISTRIBUTIONS;
export const TOY_NAMES = Object.keys(DISTRIBUTIONS) as ToyName[];

export interface ToyOptions {
  readonly seed: Seed;
  /** Deviation of the added noise; each distribution has its own default. */
  readonly noise?: number;
}

export interface ToyPoints {
  /** [count, 2] */
  readonly points: Float32Array;
  /** [count] */
  readonly labels: Uint8Array;
  readonly classNames: readonly string[];
}

/** The first `count` points of a distribution. */
export function toyPoints(name: ToyName, count: number, { seed, noise }: ToyOptions): ToyPoints {
  const distribution: Distribution = oneOf('toy distribution', DISTRIBUTIONS as Record<string, Distribution>, name);
  check(Number.isInteger(count) && count >= 0, 'toyPoints', `count must be an integer from 0, got ${count}`);
  const { classNames } = distribution;
  const deviation = noise ?? distribution.noise;
  const points = new Float32Array(2 * count);
  const labels = new Uint8Array(count);
  const uniforms = new Float64Array(3);
  const normals = new Float64Array(2);
  for (let i = 0; i < count; i++) {
    const stream = createStream({ seed, purpose: 'data', index: i });
    const [w, u, v] = stream.uniforms(uniforms, 0);
    stream.normals(normals, 1);
    const c = Math.floor(w * classNames.length);
    const [x, y] = distribution.point(c, u, v);
    labels[i] = c;
    points[2 * i] = x + deviation * normals[0];
    points[2 * i + 1] = y + deviation * normals[1];
  }
  return { points, labels, classNames };
}

/** The same as a dataset of shape [2, 1, 1]: coordinates as channels. */
export function toyDataset(name: ToyName, length: number, options: ToyOptions): Dataset {
  const { points, labels, classNames } = toyPoints(name, length, options);
  return floatDataset({ values: points, shape: [2, 1, 1], labels, classNames });
}
