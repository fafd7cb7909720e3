/** Settings on top of settings: deep merging, and `path=value` from a command line. */
import { check } from '../core/errors.ts';

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` on top of `base`: objects are merged key by key, everything else (lists too) is replaced. Undefined leaves what was there. */
export function mergeSettings(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isNode(base) || !isNode(over)) return over;
  // Another kind of data, another architecture has other settings: nothing of the old one carries over.
  for (const tag of ['kind', 'architecture']) if (typeof over[tag] === 'string' && typeof base[tag] === 'string' && over[tag] !== base[tag]) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergeSettings(base[key], value);
  return merged;
}

/** The object that has `value` at a dotted path. */
export const settingAt = (path: string, value: unknown): Node =>
  path.split('.').reverse().reduce<unknown>((inner, key) => ({ [key]: inner }), value) as Node;

/** `train.lr=2e-3` → { train: { lr: 0.002 } }. The value is JSON where it reads as JSON, else a string. Throws without `=`. */
export function parseSetting(text: string): Node {
  const at = text.indexOf('=');
  check(at > 0 && text.slice(0, at).split('.').every((key) => /^[A-Za-z0-9_+-]+$/.test(key) && key !== '__proto__'), '--set', () => `needs path=value, like train.lr=2e-3, but got ${JSON.stringify(text)}`);
  const word = text.slice(at + 1);
  let value: unknown = word;
  try {
    value = JSON.parse(word);
  } catch {
    // a plain word
  }
  return settingAt(text.slice(0, at), value);
}
