/** Weights taken into a network by name, and what became of each key. */
import { check } from '../core/errors.ts';
import { sameShape, showShape, type Shape } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { parameterView, type ParameterLayout, type ParameterVectors } from './parameters.ts';

/** What became of each key when weights were loaded by name. */
export interface KeyReport {
  readonly loaded: readonly string[];
  /** Declared by the network, absent from the file: kept as they were. */
  readonly missing: readonly string[];
  /** In the file, unknown to the network: ignored. */
  readonly surplus: readonly string[];
  /** In both, but of another shape (other classes, other channels): kept as they were. */
  readonly mismatched: readonly { readonly name: string; readonly expected: Shape; readonly found: Shape }[];
}

/**
 * Copies weights by name into a network's vectors, for fine-tuning. Nothing is thrown: the caller reads the report and decides
 * (see {@link showKeyReport}, {@link checkComplete}).
 */
export function loadStateDict(layout: ParameterLayout, vectors: ParameterVectors, weights: ReadonlyMap<string, Tensor>): KeyReport {
  const loaded: string[] = [];
  const missing: string[] = [];
  const mismatched: { name: string; expected: Shape; found: Shape }[] = [];
  const declared = new Set<string>();
  for (const spec of layout.parameters) {
    declared.add(spec.name);
    const found = weights.get(spec.name);
    if (!found) missing.push(spec.name);
    else if (!sameShape(found.shape, spec.shape)) mismatched.push({ name: spec.name, expected: spec.shape, found: found.shape });
    else {
      parameterView(spec, spec.trainable ? vectors.trainable : vectors.frozen).data.set(found.data);
      loaded.push(spec.name);
    }
  }
  return { loaded, missing, surplus: [...weights.keys()].filter((name) => !declared.has(name)), mismatched };
}

const list = (names: readonly string[], most = 6): string => (names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', '));

/** The report in words, one line a kind; empty when everything fitted. */
export function showKeyReport({ loaded, missing, surplus, mismatched }: KeyReport): string {
  const lines: string[] = [];
  if (missing.length) lines.push(`${missing.length} missing (keep their initial values): ${list(missing)}`);
  if (mismatched.length) lines.push(`${mismatched.length} of another shape (keep their initial values): ${list(mismatched.map((m) => `${m.name} is ${showShape(m.found)}, the network has ${showShape(m.expected)}`))}`);
  if (surplus.length) lines.push(`${surplus.length} surplus (ignored): ${list(surplus)}`);
  return lines.length ? [`${loaded.length} parameters loaded`, ...lines].join('\n') : '';
}

/** Throws unless every key was loaded and none was left over. */
export function checkComplete(where: string, report: KeyReport): void {
  check(!report.missing.length && !report.surplus.length && !report.mismatched.length, where, () => `the weights do not fit the network: ${showKeyReport(report)}`);
}
