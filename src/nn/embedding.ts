/** Embeddings: a table of rows, and the two-layer network on sinusoidal time features (`diffusion` hosts make the features). */
import { gatherRows } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import type { Activation } from './activation.ts';
import { normal } from './initializer.ts';
import { linear } from './linear.ts';
import type { Scope } from './network.ts';

/** index [batch] int32 → [batch, width]. */
export const embedding = (scope: Scope, index: Value, count: number, width: number): Value =>
  gatherRows(scope.parameter('weight', [count, width], normal(1), { decay: false }), index);

/** features [batch, in] → [batch, width]. */
export const timeEmbedding = (scope: Scope, features: Value, width: number, activation: Activation): Value =>
  linear(scope.in('linear_2'), activation(linear(scope.in('linear_1'), features, width)), width);
