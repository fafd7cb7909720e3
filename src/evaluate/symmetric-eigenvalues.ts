/**
 * Eigenvalues of a symmetric matrix in double precision: Householder reflections reduce it to a tridiagonal one, then the implicit QL
 * iteration with Wilkinson's shift splits off one eigenvalue after another.
 *
 * Source: Wilkinson and Reinsch, Handbook for Automatic Computation II (1971), contributions II/2 (tred) and II/4 (implicit QL);
 * Golub and Van Loan, Matrix Computations (4th ed.), §8.3. Errors are of the order ε·‖A‖ in each eigenvalue.
 */
import { check } from '../core/errors.ts';

/** All n eigenvalues, ascending. `matrix` is [n, n] row-major; only its lower half is read. */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  check(matrix.length === n * n, 'symmetricEigenvalues', () => `a matrix of size ${n} needs ${n * n} values but ${matrix.length} came`);
  const { diagonal, offDiagonal } = tridiagonalize(matrix.slice(), n);
  implicitQl(diagonal, offDiagonal);
  return diagonal.sort();
}

/**
 * Reduces A, whose lower half it overwrites, from the last row up. In step i the reflection I − u uᵀ/h, u made of row i left of the
 * diagonal, clears that row but for its last element; the leading block becomes A − u qᵀ − q uᵀ with q = A u/h − u (uᵀA u)/(2h²).
 * offDiagonal[i] couples i − 1 and i.
 */
function tridiagonalize(a: Float64Array, n: number): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const q = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = a.subarray(i * n, i * n + i);
    diagonal[i] = a[i * n + i];
    let scale = 0;
    for (let j = 0; j < i; j++) scale = Math.max(scale, Math.abs(u[j]));
    let rest = 0;
    for (let j = 0; j < i - 1; j++) rest = Math.max(rest, Math.abs(u[j]));
    if (rest === 0) {
      offDiagonal[i] = u[i - 1];
      continue;
    }
    let h = 0;
    for (let j = 0; j < i; j++) {
      u[j] /= scale; // against overflow and underflow in the squares
      h += u[j] * u[j];
    }
    const last = u[i - 1];
    const norm = last >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    offDiagonal[i] = scale * norm;
    h -= last * norm;
    u[i - 1] = last - norm;
    multiplyLower(a, n, i, u, q);
    let uq = 0;
    for (let j = 0; j < i; j++) {
      q[j] /= h;
      uq += u[j] * q[j];
    }
    const half = uq / (2 * h);
    for (let j = 0; j < i; j++) q[j] -= half * u[j];
    for (let j = 0; j < i; j++) {
      const uj = u[j];
      const qj = q[j];
      const row = j * n;
      for (let k = 0; k <= j; k++) a[row + k] -= uj * q[k] + qj * u[k];
    }
  }
  diagonal[0] = a[0];
  return { diagonal, offDiagonal };
}

/** out = A v over the leading block of the given size, from A's lower half, a row at a time. */
function multiplyLower(a: Float64Array, n: number, size: number, v: Float64Array, out: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const row = i * n;
    const vi = v[i];
    let sum = 0;
    for (let j = 0; j < i; j++) {
      const aij = a[row + j];
      sum += aij * v[j];
      out[j] += aij * vi;
    }
    out[i] = sum + a[row + i] * vi;
  }
}

/** Overwrites `d` with the eigenvalues of the tridiagonal matrix of diagonal d and off-diagonal e (e[i] couples i − 1 and i). */
function implicitQl(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  e.copyWithin(0, 1); // from here on e[i] couples i and i + 1
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      check(iteration < 60, 'symmetricEigenvalues', 'the QL iteration did not converge in 60 sweeps; does the matrix hold only finite numbers?');
      // Wilkinson's shift: the eigenvalue of the leading 2×2 block that is nearer to d[l].
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) { // the matrix falls apart here: take up again above it
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
}
