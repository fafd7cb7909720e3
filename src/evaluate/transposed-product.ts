/**
 * C = Aᵀ B in double precision, A [k, m], B [k, n], C [m, n], all row-major: the one product that covariances and the Fréchet
 * distance need.
 *
 * Columns are packed four at a time and summed in 4×4 tiles over slices of k, so that each loaded number is used four times and
 * lies next to the one before (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).
 */
type Numbers = Float32Array | Float64Array;

const TILE = 4;
const SLICE = 256;

/** Copies rows [from, from + depth) of `source` [·, width] into panels of four columns: [panel, depth, 4], zero beyond the edge. */
function pack(packed: Float64Array, source: Numbers, width: number, from: number, depth: number): void {
  for (let panel = 0, at = 0; panel < width; panel += TILE) {
    const columns = Math.min(TILE, width - panel);
    for (let row = 0; row < depth; row++, at += TILE) {
      const start = (from + row) * width + panel;
      for (let j = 0; j < TILE; j++) packed[at + j] = j < columns ? source[start + j] : 0;
    }
  }
}

/** Adds the product of two packed panels to the tile of C at (row, column). */
function addTile(c: Float64Array, m: number, n: number, row: number, column: number, a: Float64Array, aAt: number, b: Float64Array, bAt: number, depth: number): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let k = 0; k < depth; k++, aAt += TILE, bAt += TILE) {
    const a0 = a[aAt], a1 = a[aAt + 1], a2 = a[aAt + 2], a3 = a[aAt + 3];
    const b0 = b[bAt], b1 = b[bAt + 1], b2 = b[bAt + 2], b3 = b[bAt + 3];
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  const tile = [c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33];
  for (let i = 0; i < TILE && row + i < m; i++) {
    for (let j = 0; j < TILE && column + j < n; j++) c[(row + i) * n + column + j] += tile[TILE * i + j];
  }
}

/**
 * Aᵀ B. `symmetric` promises that the result is (as when B is A): only its lower half is computed, then mirrored.
 * @returns [m, n], row-major.
 */
export function transposedProduct(a: Numbers, b: Numbers, k: number, m: number, n: number, symmetric = false): Float64Array {
  const c = new Float64Array(m * n);
  const packedA = new Float64Array(Math.ceil(m / TILE) * TILE * SLICE);
  const packedB = a === b ? packedA : new Float64Array(Math.ceil(n / TILE) * TILE * SLICE);
  for (let from = 0; from < k; from += SLICE) {
    const depth = Math.min(SLICE, k - from);
    pack(packedA, a, m, from, depth);
    if (packedB !== packedA) pack(packedB, b, n, from, depth);
    for (let column = 0; column < n; column += TILE) {
      for (let row = symmetric ? column : 0; row < m; row += TILE) addTile(c, m, n, row, column, packedA, row * depth, packedB, column * depth, depth);
    }
  }
  if (symmetric) for (let i = 0; i < m; i++) for (let j = i + 1; j < n; j++) c[i * n + j] = c[j * n + i];
  return c;
}
