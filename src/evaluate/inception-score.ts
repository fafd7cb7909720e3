/**
 * Inception score: exp of the mean Kullback–Leibler divergence between the class distribution of one sample and that of all,
 *
 *     exp( mean_x Σ_y p(y|x) (log p(y|x) − log p(y)) ),    p(y) = mean_x p(y|x)
 *
 * from 1 (a classifier tells nothing apart) to the number of classes. Source: Salimans et al. 2016, "Improved techniques for training GANs", §4.
 */
import { check } from '../core/errors.ts';
import type { Matrix } from './matrix.ts';
import { logSoftmax } from './log-softmax.ts';

/**
 * Mean and standard deviation of the score over consecutive splits of `splitSize` rows (the last may be shorter).
 * @param logits [n, classes], before the softmax; logarithms of probabilities serve as well.
 */
export function inceptionScore(logits: Matrix, splitSize = 5000): { mean: number; std: number } {
  check(Number.isInteger(splitSize) && splitSize >= 1 && logits.rows >= 1, 'inceptionScore', () => `needs rows and a split size of at least 1, but ${logits.rows} rows and ${splitSize} came`);
  const classes = logits.columns;
  const logP = logSoftmax(logits);
  const scores: number[] = [];
  for (let from = 0; from < logits.rows; from += splitSize) {
    const part = logP.subarray(from * classes, Math.min(from + splitSize, logits.rows) * classes);
    scores.push(Math.exp(meanDivergence(part, classes)));
  }
  const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length;
  return { mean, std: Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length) };
}

function meanDivergence(logP: Float64Array, classes: number): number {
  const n = logP.length / classes;
  const marginal = new Float64Array(classes);
  for (let i = 0; i < logP.length; i++) marginal[i % classes] += Math.exp(logP[i]) / n;
  let sum = 0;
  for (let i = 0; i < logP.length; i++) {
    const p = Math.exp(logP[i]);
    if (p > 0) sum += p * (logP[i] - Math.log(marginal[i % classes]));
  }
  return sum / n;
}
