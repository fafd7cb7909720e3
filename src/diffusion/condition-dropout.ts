/**
 * Condition dropout: in training each example's condition is replaced by ∅ with probability p, so that one network learns both
 * ε(x, t, c) and ε(x, t), which classifier-free guidance needs (Ho and Salimans 2022, 2207.12598, algorithm 1).
 *
 * Several conditions may be dropped together (one probability) or independently (one each, as DALL·E 2's decoder does).
 */
import { check } from '../core/errors.ts';
import { createStream, type Seed } from '../core/rng.ts';
import { replaceRows, type Condition } from './condition.ts';

export interface ConditionDropout {
  readonly nullCondition: Condition;
  /** In [0, 1]; one for all, or one for each name (a name left out is never dropped). */
  readonly probability: number | Readonly<Record<string, number>>;
  readonly seed: Seed;
  /** One an example: its number in the whole run. */
  readonly indices: ArrayLike<number>;
}

/** Returns the condition with dropped rows replaced. Throws on probabilities outside [0, 1] and on unknown names. */
export function dropConditions(condition: Condition, { nullCondition, probability, seed, indices }: ConditionDropout): Condition {
  const names = Object.keys(condition).sort();
  const separate = typeof probability !== 'number';
  const entries = separate ? Object.entries(probability) : [['all', probability] as const];
  for (const [name, p] of entries) {
    check(p >= 0 && p <= 1, 'dropConditions', () => `the probability of ${name} must lie in [0, 1] but is ${p}`);
    check(!separate || names.includes(name), 'dropConditions', () => `there is no condition ${JSON.stringify(name)}; one of ${names.join(', ')}`);
  }
  const draws = Array.from(indices, (index) => createStream({ seed, purpose: 'conditionDropout', index }));
  return replaceRows(condition, nullCondition, (name, row) => {
    check(row < draws.length, 'dropConditions', () => `${name} has more rows than the ${draws.length} indices`);
    return separate ? draws[row].uniform(1 + names.indexOf(name)) < (probability[name] ?? 0) : draws[row].uniform() < probability;
  });
}
