/**
 * A part of the data kept aside for validation: each example draws a key from (seed, split), and in each class those with the smallest
 * keys are kept aside. So both parts have the classes in the same proportions (to within one example), and the choice depends on
 * nothing but seed, count and labels. How many of each class: the largest-remainder rule (Hamilton's apportionment).
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import { subset, type Dataset } from './dataset.ts';

export interface SplitOptions {
  readonly seed: Seed;
  /** How many examples to keep aside: either a share in [0, 1) … */
  readonly fraction?: number;
  /** … or a number. */
  readonly count?: number;
  /** Keep the proportions of classes. Default: true where there are classes. */
  readonly stratify?: boolean;
}

export interface Split {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Positions in the whole dataset, ascending. */
  readonly trainIndices: Uint32Array;
  readonly validationIndices: Uint32Array;
}

/** Shares `count` among groups in proportion to their sizes; of equal remainders the earlier group goes first. */
function apportion(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * count) / total);
  const shares = exact.map(Math.floor);
  const left = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact.map((x, i) => [x - Math.floor(x), i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, i] of byRemainder.slice(0, left)) shares[i]++;
  return shares;
}

/** Throws unless exactly one of fraction and count is given, and at least one example is left for training. */
export function split(dataset: Dataset, { seed, fraction, count, stratify = dataset.classNames !== undefined }: SplitOptions): Split {
  check((fraction === undefined) !== (count === undefined), 'split', 'give either fraction or count');
  check(fraction === undefined || (fraction >= 0 && fraction < 1), 'split', `fraction must be in [0, 1), got ${fraction}`);
  const wanted = count ?? Math.round(fraction! * dataset.length);
  check(Number.isInteger(wanted) && wanted >= 0 && wanted < dataset.length, 'split', `count must be an integer from 0 to ${dataset.length - 1}, so that something is left for training, got ${wanted}`);
  check(!stratify || dataset.classNames, 'split', 'stratify needs a dataset with classes');

  const keys = createStream({ seed, purpose: 'split' }).uniforms(new Float64Array(dataset.length));
  const groups: number[][] = Array.from({ length: stratify ? dataset.classNames!.length : 1 }, () => []);
  for (let i = 0; i < dataset.length; i++) groups[stratify ? dataset.label(i) : 0].push(i);
  const shares = apportion(groups.map((group) => group.length), wanted);
  const aside = new Uint8Array(dataset.length);
  groups.forEach((group, g) => {
    for (const i of group.sort((a, b) => keys[a] - keys[b] || a - b).slice(0, shares[g])) aside[i] = 1;
  });
  const trainIndices = new Uint32Array(dataset.length - wanted);
  const validationIndices = new Uint32Array(wanted);
  for (let i = 0, t = 0, v = 0; i < dataset.length; i++) {
    if (aside[i]) validationIndices[v++] = i;
    else trainIndices[t++] = i;
  }
  return { train: subset(dataset, trainIndices), validation: subset(dataset, validationIndices), trainIndices, validationIndices };
}
