/**
 * F with A = F Fᵀ for a symmetric positive semidefinite A [n, n]: Cholesky with the largest remaining diagonal element as pivot, ended
 * where nothing above rounding remains. F is [n, rank], its rows in A's own order.
 *
 * Source: Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990; Golub and Van Loan §4.2.8.
 */
export interface SemidefiniteFactor {
  /** [n, rank], row-major */
  readonly factor: Float64Array;
  readonly rank: number;
}

export function semidefiniteFactor(a: Float64Array, n: number): SemidefiniteFactor {
  const remaining = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  const tolerance = n * Number.EPSILON * remaining.reduce((most, v) => Math.max(most, v), 0);
  const lower = new Float64Array(n * n); // row i: the factor's row so far, [n, rank] in the end
  const open = Uint8Array.from({ length: n }, () => 1);
  let rank = 0;
  for (; rank < n; rank++) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (open[i] && (pivot < 0 || remaining[i] > remaining[pivot])) pivot = i;
    if (!(remaining[pivot] > tolerance)) break;
    open[pivot] = 0;
    const root = Math.sqrt(remaining[pivot]);
    const pivotRow = lower.subarray(pivot * n, pivot * n + rank);
    for (let i = 0; i < n; i++) {
      if (!open[i]) continue;
      const row = i * n;
      let sum = a[i * n + pivot];
      for (let k = 0; k < rank; k++) sum -= lower[row + k] * pivotRow[k];
      const value = sum / root;
      lower[row + rank] = value;
      remaining[i] -= value * value;
    }
    lower[pivot * n + rank] = root;
  }
  const factor = new Float64Array(n * rank);
  for (let i = 0; i < n; i++) factor.set(lower.subarray(i * n, i * n + rank), i * rank);
  return { factor, rank };
}
