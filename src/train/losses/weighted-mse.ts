/**
 * The loss of every denoising objective: L = mean_n weight_n · mean_i (F_n,i − target_n,i)². The host's `trainingPairs` chooses input, target and
 * weight so that this is ε-, x0-, v- or mean-prediction under any weighting (DDPM eq. 14 is ε with weight 1).
 */
import { sizeOf } from '../../core/shape.ts';
import { mul, reduceSum, square, sub, sumAll } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/types.ts';

/** output and target [batch, …], weight [batch] → { loss: scalar, perExample: [batch], unweighted mean squares }. */
export function weightedMse(output: Value, target: Value, weight: Value): { loss: Value; perExample: Value } {
  const [batch] = output.shape;
  const size = sizeOf(output.shape) / batch;
  const difference = sub(output, target);
  const squares = reduceSum(square(difference), output.shape.slice(1).map((_, i) => i + 1));
  const perExample = mul(squares, 1 / size);
  return { loss: mul(sumAll(mul(perExample, weight)), 1 / batch), perExample };
}
