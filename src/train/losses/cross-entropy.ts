/**
 * Cross-entropy of class labels:
 *
 *   L = mean_n ℓ_n,   ℓ_n = −Σ_k q_nk log softmax(z_n)_k,   q_nk = (1 − s)·[k = label_n] + s/K
 *
 * with K classes and label smoothing s (Szegedy et al. 2016, "Rethinking the Inception architecture", §7). ∂L/∂z_nk = (softmax(z_n)_k − q_nk)/N.
 */
import { check } from '../../core/errors.ts';
import { gatherRows, logSoftmax, mul, reduceSum, sumAll } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/types.ts';

export interface CrossEntropyOptions {
  /** s in [0, 1): the share of each label that is spread over all classes. */
  readonly smoothing?: number;
}

/** logits [batch, classes], labels [batch] int32 → { loss: scalar, perExample: [batch] }. Labels outside 0 … classes − 1 are the caller's to refuse. */
export function crossEntropy(logits: Value, labels: Value, { smoothing = 0 }: CrossEntropyOptions = {}): { loss: Value; perExample: Value } {
  check(smoothing >= 0 && smoothing < 1, 'crossEntropy', `smoothing must be in [0, 1) but is ${smoothing}`);
  const [batch, classes] = logits.shape;
  // Row c is the target q of label c, negated.
  const table = Float32Array.from({ length: classes * classes }, (_, i) => -(smoothing / classes + (i % (classes + 1) === 0 ? 1 - smoothing : 0)));
  const targets = gatherRows(logits.graph.constant(table, [classes, classes], 'float32'), labels);
  const perExample = reduceSum(mul(targets, logSoftmax(logits)), [1]);
  return { loss: mul(sumAll(perExample), 1 / batch), perExample };
}
