/**
 * Reverse-mode differentiation that emits graph: for a scalar loss L and values w, appends ∂L/∂w to the same graph, by one walk
 * backwards over the values that connect them. Because gradient rules emit ordinary operators, gradients can be differentiated again.
 */
import { check } from '../core/errors.ts';
import { showShape, sameShape } from '../core/shape.ts';
import { reachable } from './graph.ts';
import { add } from './ops/elementwise.ts';
import type { Value } from './types.ts';

/**
 * ∂loss/∂w for each w of `wrt` (parameters or inputs), each of w's shape; zero constants where the loss does not depend on w.
 * @param loss one element, float32
 * @param seed cotangent of the loss (default 1)
 */
export function grad(loss: Value, wrt: readonly Value[], seed?: Value): Value[] {
  check(seed !== undefined || loss.shape.every((d) => d === 1), 'grad', () => `the loss must be a scalar but has shape ${showShape(loss.shape)}; reduce it or give a seed`);
  const graph = loss.graph;
  const path = reachable([loss]);
  const needed = new Set<Value>(wrt);
  for (const value of path) if (value.inputs.some((input) => needed.has(input))) needed.add(value);

  const ones = (): Value => graph.constant(new Float32Array(1).fill(1), loss.shape, 'float32');
  const cotangents = new Map<Value, Value>([[loss, seed ?? ones()]]);
  for (let i = path.length - 1; i >= 0; i--) {
    const value = path[i];
    const g = cotangents.get(value);
    if (!g || !needed.has(value) || value.inputs.length === 0) continue;
    const rule = value.record.gradient;
    check(rule, 'grad', `operator ${value.record.name} has no gradient, but the loss depends on a parameter through it`);
    const contributions = rule(value, g);
    value.inputs.forEach((input, k) => {
      const contribution = contributions[k];
      if (!contribution || !needed.has(input)) return;
      check(sameShape(contribution.shape, input.shape), 'grad', () => `${value.record.name} gave a gradient of shape ${showShape(contribution.shape)} for an operand of ${showShape(input.shape)}`);
      const known = cotangents.get(input);
      cotangents.set(input, known ? add(known, contribution) : contribution);
    });
  }
  return wrt.map((w) => cotangents.get(w) ?? graph.constant(new Float32Array(w.shape.reduce((a, b) => a * b, 1)), w.shape, 'float32'));
}
