/**
 * The parameters of a network as named slices of flat float32 vectors: one vector for what is trained, one for what is frozen.
 * Gradient, Adam moments and EMA are vectors of the trainable one's length, so an optimizer is a few loops whatever the network, and
 * a checkpoint is a set of views. Names are state-dict keys.
 */
import { check } from '../core/errors.ts';
import { sameShape, showShape, sizeOf, type Shape } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';

/** One parameter as a network declares it. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly shape: Shape;
  /** Whether weight decay applies. Absent: to matrices and kernels (rank ≥ 2), not to biases and norm scales (rank < 2). */
  readonly decay?: boolean;
  /** Absent: true. Frozen parameters are fed to the network but get no gradient, no moments and no EMA. */
  readonly trainable?: boolean;
}

/** A declared parameter with its place: elements [offset, offset + size) of the trainable or of the frozen vector. */
export interface PlacedParameter {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
  readonly decay: boolean;
  readonly trainable: boolean;
}

export interface ParameterLayout {
  /** In order of declaration; offsets of each kind follow each other without gaps. */
  readonly parameters: readonly PlacedParameter[];
  readonly trainableSize: number;
  readonly frozenSize: number;
}

/** The two vectors of a network. Lengths are those of its layout. */
export interface ParameterVectors {
  readonly trainable: Float32Array;
  readonly frozen: Float32Array;
}

/** Places parameters one after the other. Throws on a repeated name. */
export function layoutParameters(declarations: Iterable<ParameterDeclaration>): ParameterLayout {
  const parameters: PlacedParameter[] = [];
  const names = new Set<string>();
  let trainableSize = 0;
  let frozenSize = 0;
  for (const { name, shape, decay = shape.length >= 2, trainable = true } of declarations) {
    check(!names.has(name), 'layoutParameters', `the parameter ${JSON.stringify(name)} is declared twice`);
    names.add(name);
    const size = sizeOf(shape);
    parameters.push({ name, shape, offset: trainable ? trainableSize : frozenSize, size, decay, trainable });
    if (trainable) trainableSize += size;
    else frozenSize += size;
  }
  return { parameters, trainableSize, frozenSize };
}

/** Zero vectors for a layout. */
export const createVectors = (layout: ParameterLayout): ParameterVectors => ({
  trainable: new Float32Array(layout.trainableSize),
  frozen: new Float32Array(layout.frozenSize),
});

/** One parameter as a tensor that shares memory with its vector. */
export const parameterView = ({ shape, offset, size }: PlacedParameter, vector: Float32Array): Tensor => ({
  dtype: 'float32',
  shape,
  data: vector.subarray(offset, offset + size),
});

/** The trainable parameters in `vector` (weights, gradient, a moment or EMA) by name, sharing its memory. */
export function trainableViews(layout: ParameterLayout, vector: Float32Array): Map<string, Tensor> {
  check(vector.length === layout.trainableSize, 'trainableViews', `the layout has ${layout.trainableSize} trainable elements but the vector has ${vector.length}`);
  return new Map(layout.parameters.filter((p) => p.trainable).map((p) => [p.name, parameterView(p, vector)]));
}

/** The frozen parameters by name, sharing memory. */
export function frozenViews(layout: ParameterLayout, vector: Float32Array): Map<string, Tensor> {
  check(vector.length === layout.frozenSize, 'frozenViews', `the layout has ${layout.frozenSize} frozen elements but the vector has ${vector.length}`);
  return new Map(layout.parameters.filter((p) => !p.trainable).map((p) => [p.name, parameterView(p, vector)]));
}

/** All parameters by name: the network's state dict, sharing memory. Pass the EMA as `trainable` for the averaged network. */
export const stateDict = (layout: ParameterLayout, vectors: ParameterVectors): Map<string, Tensor> =>
  new Map(layout.parameters.map((p) => [p.name, parameterView(p, p.trainable ? vectors.trainable : vectors.frozen)]));

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
