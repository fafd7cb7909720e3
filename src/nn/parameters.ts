/**
 * The parameters of a network as named slices of flat float32 vectors: one vector for what is trained, one for what is frozen.
 * Gradient, Adam moments and EMA are vectors of the trainable one's length, so an optimizer is a few loops whatever the network, and
 * a checkpoint is a set of views. Names are state-dict keys.
 */
import { check } from '../core/errors.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { zeros, type Initializer } from './initializer.ts';

/** One parameter as it is declared. */
export interface ParameterDeclaration {
  /** State-dict key. */
  readonly name: string;
  readonly shape: Shape;
  /** How it starts; absent: at zero. */
  readonly init?: Initializer;
  /** Whether weight decay applies. Absent: to matrices and kernels (rank ≥ 2), not to biases and norm scales (rank < 2). */
  readonly decay?: boolean;
  /** Absent: true. Frozen parameters are fed to the network but get no gradient, no moments and no EMA. */
  readonly trainable?: boolean;
}

/** A parameter with its place: elements [offset, offset + size) of the trainable or of the frozen vector. */
export interface ParameterSpec extends Required<ParameterDeclaration> {
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  /** In order of declaration; offsets of each kind follow each other without gaps. */
  readonly parameters: readonly ParameterSpec[];
  readonly trainableSize: number;
  readonly frozenSize: number;
}

/** The two vectors of a network. Lengths are those of its layout. */
export interface ParameterVectors {
  readonly trainable: Float32Array;
  readonly frozen: Float32Array;
}

/** Elements of all trainable parameters: the length of the network's flat vector. */
export const flatSize = (parameters: readonly ParameterSpec[]): number => parameters.reduce((sum, p) => sum + (p.trainable ? p.size : 0), 0);

/** Gives each declaration its place, right behind the one before it of its kind. Throws on a repeated name. */
export function parameterPlacer(): (declaration: ParameterDeclaration) => ParameterSpec {
  const names = new Set<string>();
  const end = { trainable: 0, frozen: 0 };
  return ({ name, shape, init = zeros, decay = shape.length >= 2, trainable = true }) => {
    check(!names.has(name), 'parameters', () => `${JSON.stringify(name)} is declared twice`);
    names.add(name);
    const size = sizeOf(shape);
    const kind = trainable ? 'trainable' : 'frozen';
    const offset = end[kind];
    end[kind] += size;
    return { name, shape, init, decay, trainable, offset, size };
  };
}

/** Places parameters one after the other. Throws on a repeated name. */
export function layoutParameters(declarations: Iterable<ParameterDeclaration>): ParameterLayout {
  const parameters = Array.from(declarations, parameterPlacer());
  const trainableSize = flatSize(parameters);
  return { parameters, trainableSize, frozenSize: parameters.reduce((sum, p) => sum + p.size, 0) - trainableSize };
}

/** Zero vectors for a layout. */
export const createVectors = (layout: ParameterLayout): ParameterVectors => ({
  trainable: new Float32Array(layout.trainableSize),
  frozen: new Float32Array(layout.frozenSize),
});

/** One parameter as a tensor that shares memory with its vector. */
export const parameterView = ({ shape, offset, size }: ParameterSpec, vector: Float32Array): Tensor => ({
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
