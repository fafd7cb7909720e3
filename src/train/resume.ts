/**
 * What may change between a checkpoint and the run that continues it. Settings are compared leaf by leaf, and each changed one falls under a
 * rule by its path (the longest prefix that has one):
 *
 *   free       shows or saves something else; the trained numbers stay the same
 *   course     allowed, and the run goes another way from here on: it no longer equals an uninterrupted one
 *   fixed      refused: the weights, the data position or the moments would mean something else. Also every path without a rule.
 */
import { check } from '../core/errors.ts';
import type { Json } from './checkpoint-file.ts';

export type ResumeRule = 'free' | 'course' | 'fixed';

/** Rules by dotted path; a rule holds for everything below its path. */
export type ResumeRules = Readonly<Record<string, ResumeRule>>;

export interface SettingChange {
  readonly path: string;
  /** undefined: absent. */
  readonly saved: Json | undefined;
  readonly current: Json | undefined;
  readonly rule: ResumeRule;
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rule for a path; `fixed` unless one is given for it or for something above it. */
export function ruleFor(rules: ResumeRules, path: string): ResumeRule {
  for (let prefix = path; prefix; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('.')))) if (Object.hasOwn(rules, prefix)) return rules[prefix];
  return 'fixed';
}

/** Every leaf in which two configurations differ, in order of the path. Lists are leaves. */
export function compareSettings(saved: Json, current: Json, rules: ResumeRules): SettingChange[] {
  const changes: SettingChange[] = [];
  const walk = (a: Json | undefined, b: Json | undefined, path: string): void => {
    if (isObject(a) && isObject(b)) {
      for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) walk(a[key], b[key], path ? `${path}.${key}` : key);
    } else if (JSON.stringify(a) !== JSON.stringify(b)) changes.push({ path, saved: a, current: b, rule: ruleFor(rules, path) });
  };
  walk(saved, current, '');
  return changes;
}

const show = (value: Json | undefined): string => (value === undefined ? 'absent' : JSON.stringify(value));
const line = ({ path, saved, current }: SettingChange): string => `  ${path}: ${show(saved)} → ${show(current)}`;

/** The differences in words, grouped by what they mean; empty when there is none. */
export function showChanges(changes: readonly SettingChange[]): string {
  const titles: Readonly<Record<ResumeRule, string>> = {
    fixed: 'cannot change on resume (start a new run, or fine-tune from the weights):',
    course: 'change the course of the run from here on:',
    free: 'do not affect the trained numbers:',
  };
  return (['fixed', 'course', 'free'] as const)
    .map((rule) => changes.filter((change) => change.rule === rule))
    .filter((group) => group.length > 0)
    .map((group) => [titles[group[0].rule], ...group.map(line)].join('\n'))
    .join('\n');
}

/** Throws when a fixed setting changed, with the whole difference and the list of what may change. */
export function checkResumable(changes: readonly SettingChange[], rules: ResumeRules): void {
  const allowed = Object.entries(rules).filter(([, rule]) => rule !== 'fixed').map(([path]) => path);
  check(changes.every((change) => change.rule !== 'fixed'), 'resume', () => `the configuration is not the one of the checkpoint; settings that\n${showChanges(changes)}\nMay change: ${allowed.join(', ')}`);
}

/** Differences in versions, one line each; any of them can change the last bits of what is computed. */
export function versionWarnings(saved: Readonly<Record<string, string>>, current: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(saved), ...Object.keys(current)])]
    .filter((name) => saved[name] !== current[name])
    .map((name) => `${name} was ${saved[name] ?? 'not recorded'} and is now ${current[name] ?? 'not known'}: the run continues, but not bit for bit as before`);
}
