/** log softmax(z)ⱼ = zⱼ − max z − log Σ exp(z − max z), by rows, in double precision. */
import type { Matrix } from './matrix.ts';

/** [n, classes] logits → [n, classes] log-probabilities. A logit of −Infinity has probability 0. */
export function logSoftmax({ rows, columns, data }: Matrix): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    let top = -Infinity;
    for (const z of row) top = Math.max(top, z);
    let sum = 0;
    for (const z of row) sum += Math.exp(z - top);
    const shift = top + Math.log(sum);
    for (let j = 0; j < columns; j++) out[i * columns + j] = row[j] - shift;
  }
  return out;
}
