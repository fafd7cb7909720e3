/**
 * Reverse-mode differentiation that emits graph: for a scalar loss L and values w, appends ∂L/∂w to the same graph, by one walk
 * backwards over the values that connect them. Because gradient rules emit ordinary operators, gradients can be differentiated again.
 */
import { check } from '../core/errors.ts';
import { sameShape, showShape, sizeOf } from '../core/shape.ts';
import { reachable } from './graph.ts';
import { ADD, EXPAND, add, expand } from './ops/elementwise.ts';
import type { Value } from './types.ts';

/**
 * ∂loss/∂w for each w of `wrt` (parameters or inputs), each of w's shape; zero constants where the loss does not depend on w.
 * @param loss one element, float32
 * @param seed cotangent of the loss (default 1)
 */
export function grad(loss: Value, wrt: readonly Value[], seed?: Value): Value[] {
  check(seed !== undefined || loss.shape.every((d) => d === 1), 'grad', () => `the loss must be a scalar but has shape ${showShape(loss.shape)}; reduce it or give a seed`);
  for (const w of wrt) check(w.record !== EXPAND, 'grad', 'a broadcast copy is read through by its users; differentiate with respect to what was copied');
  const graph = loss.graph;
  const path = reachable([loss]);
  const needed = new Set<Value>(wrt);
  for (const value of path) if (value.inputs.some((input) => needed.has(input))) needed.add(value);

  const cotangents = new Map<Value, Value[]>();
  const contribute = (value: Value, contribution: Value): void => {
    // x·b + c with a small c is two contributions, so that every small one can be added up before any is spread over the whole tensor.
    const spread = contribution.record === ADD ? contribution.inputs.find((v) => sizeOf(v.shape) < sizeOf(contribution.shape)) : undefined;
    if (spread) for (const part of contribution.inputs) contribute(value, expand(part, contribution.shape));
    else cotangents.set(value, [...(cotangents.get(value) ?? []), contribution]);
  };

  contribute(loss, seed ?? graph.constant(new Float32Array(1).fill(1), loss.shape, 'float32'));
  for (let i = path.length - 1; i >= 0; i--) {
    const value = path[i];
    const contributions = cotangents.get(value);
    if (!contributions || !needed.has(value) || value.inputs.length === 0) continue;
    const rule = value.record.gradient;
    check(rule, 'grad', `operator ${value.record.name} has no gradient, but the loss depends on a parameter through it`);
    const parts = rule(value, total(contributions));
    value.inputs.forEach((input, k) => {
      const part = parts[k];
      if (!part || !needed.has(input)) return;
      check(sameShape(part.shape, input.shape), 'grad', () => `${value.record.name} gave a gradient of shape ${showShape(part.shape)} for an operand of ${showShape(input.shape)}`);
      contribute(input, part);
    });
  }
  return wrt.map((w) => {
    const contributions = cotangents.get(w);
    return contributions ? total(contributions) : graph.constant(new Float32Array(sizeOf(w.shape)), w.shape, 'float32');
  });
}

/** Sum of cotangents: those that are copies of something small first, in the small shape. */
function total(contributions: readonly Value[]): Value {
  const shape = contributions[0].shape;
  const small = new Map<string, Value>();
  const large: Value[] = [];
  for (const c of contributions) {
    if (c.record !== EXPAND) large.push(c);
    else {
      const source = c.inputs[0];
      const key = source.shape.join();
      const known = small.get(key);
      small.set(key, known ? add(known, source) : source);
    }
  }
  const spread = [...small.values()].map((v) => expand(v, shape));
  return [...large, ...spread].reduce((a, b) => add(a, b));
}
