/**
 * The optimizer's update as a graph: what `adamUpdate` does over flat vectors on the host, parameter by parameter in ONNX, so that weights,
 * moments and average never leave a GPU. The numbers of a step come from the same `adamScalars`, as scalar inputs.
 */
import type { OnnxModel } from '../graph/onnx-model.ts';
import { createGraph } from '../graph/graph.ts';
import { lower, type Target } from '../graph/lower/lower.ts';
import { add, div, mul, reduceSum, sqrt, square, sub } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import type { AdamScalars, AdamSettings } from './optimizer.ts';

/** Prefixes of tensor names: weights go by their own name. */
export const GRADIENT = 'gradient.';
export const STATE_PREFIXES = { weights: 'w.', m: 'm.', v: 'v.', ema: 'ema.' } as const;
export const NEXT = 'next.';

const SCALARS = ['fresh1', 'fresh2', 'stepSize', 'epsilon', 'decayFactor', 'l2', 'gradientScale', 'freshEma'] as const;

/** The scalar inputs of one update. */
export function updateFeeds(scalars: AdamScalars, gradientScale: number, emaDecay: number): Record<string, Float32Array> {
  const values: Record<(typeof SCALARS)[number], number> = {
    fresh1: 1 - scalars.beta1, fresh2: 1 - scalars.beta2, stepSize: scalars.stepSize, epsilon: scalars.epsilon,
    decayFactor: scalars.decayFactor, l2: scalars.l2, gradientScale, freshEma: 1 - emaDecay,
  };
  return Object.fromEntries(SCALARS.map((name) => [name, Float32Array.of(values[name])]));
}

/** (w, m, v[, ema], gradient of every parameter, scalars) → next.w, next.m, … */
export function updateModel(parameters: readonly ParameterSpec[], settings: AdamSettings, withEma: boolean, target: Target): OnnxModel {
  const graph = createGraph();
  const scalar = Object.fromEntries(SCALARS.map((name) => [name, graph.input(name, [1])])) as Record<(typeof SCALARS)[number], Value>;
  const outputs: Record<string, Value> = {};
  for (const { name, size, decay } of parameters) {
    // Elementwise work does not care for the shape, and a vector never meets a limit on the number of axes.
    const input = (prefix: string): Value => graph.input(prefix + name, [size]);
    const w = input(STATE_PREFIXES.weights);
    const decays = decay || settings.decayOn === 'all';
    let g = mul(input(GRADIENT), scalar.gradientScale);
    if (decays && !settings.decoupled) g = add(g, mul(w, scalar.l2));
    const m = add(mul(input(STATE_PREFIXES.m), settings.beta1), mul(g, scalar.fresh1));
    const v = add(mul(input(STATE_PREFIXES.v), settings.beta2), mul(square(g), scalar.fresh2));
    const kept = decays && settings.decoupled ? mul(w, scalar.decayFactor) : w;
    const next = sub(kept, div(mul(m, scalar.stepSize), add(sqrt(v), scalar.epsilon)));
    outputs[NEXT + STATE_PREFIXES.weights + name] = next;
    outputs[NEXT + STATE_PREFIXES.m + name] = m;
    outputs[NEXT + STATE_PREFIXES.v + name] = v;
    if (withEma) {
      const ema = input(STATE_PREFIXES.ema);
      outputs[NEXT + STATE_PREFIXES.ema + name] = add(ema, mul(sub(next, ema), scalar.freshEma));
    }
  }
  return lower(outputs, target);
}

/** (a.gradient, b.gradient of every parameter) → their sums, and the squared norm of all. */
export function accumulateModel(parameters: readonly ParameterSpec[], target: Target): OnnxModel {
  const graph = createGraph();
  const sums = parameters.map(({ name, size }) => [GRADIENT + name, add(graph.input(`a.${name}`, [size]), graph.input(`b.${name}`, [size]))] as const);
  return lower({ ...Object.fromEntries(sums), squaredNorm: squaredNorm(sums.map(([, value]) => value)) }, target);
}

/** Σ over all elements of all values of the square, a scalar. */
export function squaredNorm(values: readonly Value[]): Value {
  return values.map((value) => reduceSum(square(value), value.shape.map((_, axis) => axis))).reduce((a, b) => add(a, b));
}
