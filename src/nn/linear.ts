/** y = x Wᵀ + b on the last axis; x [..., in], W [out, in], b [out]. */
import { add, matmul } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { fanInUniform, type Initializer } from './initializer.ts';
import type { Scope } from './network.ts';

export function linear(scope: Scope, x: Value, out: number, { bias = true, init }: { bias?: boolean; init?: Initializer } = {}): Value {
  const features = x.shape.at(-1)!;
  const start = init ?? fanInUniform(features);
  const y = matmul(x, scope.parameter('weight', [out, features], start), { transB: true });
  return bias ? add(y, scope.parameter('bias', [out], start)) : y;
}
