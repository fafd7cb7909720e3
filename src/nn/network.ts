/**
 * Networks as functions. A layer declares its parameters where it uses them, through a {@link Scope}; scope names joined by dots are
 * state-dict keys. Tracing the same function gives a training graph (parameters are inputs) or a sampling graph (they are constants).
 */
import { check } from '../core/errors.ts';
import { sameShape, showShape, type Shape } from '../core/shape.ts';
import { mul } from '../graph/ops/index.ts';
import type { Graph, Value } from '../graph/types.ts';
import type { Initializer } from './initializer.ts';
import { parameterPlacer, type ParameterSpec } from './parameters.ts';

/** A dropout mask that the graph takes as an input: each element 0, or 1/(1 − rate). */
export interface DropoutMask {
  readonly input: string;
  readonly shape: Shape;
  readonly rate: number;
}

export interface Scope {
  readonly graph: Graph;
  /** The scope `name` inside this one. */
  in(name: string | number): Scope;
  /** Declares a parameter (or returns it, if a layer that shares it declared it before). */
  parameter(name: string, shape: Shape, init: Initializer, options?: { decay?: boolean }): Value;
  /** Inverted dropout in training, the identity otherwise. */
  dropout(x: Value, rate: number): Value;
}

/** What tracing a network found. */
export interface Tracing {
  readonly scope: Scope;
  readonly parameters: ParameterSpec[];
  /** The parameters' values, in the same order. */
  readonly values: Value[];
  readonly dropoutMasks: DropoutMask[];
}

export type Weights =
  /** `inputOf` declares the input of a parameter; by default one of its name and shape. */
  | { readonly kind: 'inputs'; readonly inputOf?: (graph: Graph, spec: ParameterSpec) => Value }
  | { readonly kind: 'constants'; readonly flat: Float32Array };

/**
 * Begins tracing a network into `graph`.
 * @param weights parameters become graph inputs named by their keys, or constants cut from a flat vector
 * @param training whether dropout is on
 */
export function trace(graph: Graph, weights: Weights, { training = false } = {}): Tracing {
  const parameters: ParameterSpec[] = [];
  const values: Value[] = [];
  const byName = new Map<string, number>();
  const dropoutMasks: DropoutMask[] = [];
  const place = parameterPlacer();

  const declare = (name: string, shape: Shape, init: Initializer, decay: boolean | undefined): Value => {
    const known = byName.get(name);
    if (known !== undefined) {
      check(sameShape(parameters[known].shape, shape), 'parameter', () => `${name} was declared with shape ${showShape(parameters[known].shape)} and now with ${showShape(shape)}`);
      return values[known];
    }
    const spec = place({ name, shape, init, decay });
    byName.set(name, parameters.length);
    parameters.push(spec);
    const value = weights.kind === 'inputs'
      ? weights.inputOf?.(graph, spec) ?? graph.input(name, shape)
      : graph.constant(weights.flat.subarray(spec.offset, spec.offset + spec.size), shape, 'float32');
    values.push(value);
    return value;
  };

  const scopeAt = (prefix: string): Scope => ({
    graph,
    in: (name) => scopeAt(`${prefix}${name}.`),
    parameter: (name, shape, init, { decay } = {}) => declare(prefix + name, shape, init, decay),
    dropout(x, rate) {
      check(rate >= 0 && rate < 1, 'dropout', `rate must be in [0, 1) but is ${rate}`);
      if (!training || rate === 0) return x;
      const input = `dropout.${dropoutMasks.length}`;
      dropoutMasks.push({ input, shape: x.shape, rate });
      return mul(x, graph.input(input, x.shape));
    },
  });
  return { scope: scopeAt(''), parameters, values, dropoutMasks };
}
