/**
 * How much of what was generated is realistic, and how much of what is real can be generated. A set's manifold is the union of
 * balls around its vectors, each as large as the distance to the k-th nearest other vector of the set:
 *
 *     precision = share of generated vectors inside the real manifold      (Kynkäänniemi et al. 2019, eq. 1 and 2)
 *     recall    = share of real vectors inside the generated manifold
 *     density   = real balls around a generated vector, on average, over k  (Naeem et al. 2020, eq. 4)
 *     coverage  = share of real balls that hold any generated vector        (ibid., eq. 6)
 *
 * All depend on the size of the sets: compare only equal sizes.
 */
import { checkSameColumns, type Matrix } from './matrix.ts';
import { nearestNeighbours, squaredDistances } from './neighbours.ts';

export interface ManifoldScores {
  readonly precision: number;
  readonly recall: number;
  /** May exceed 1. */
  readonly density: number;
  readonly coverage: number;
}

/** Squared distance of every row to its k-th nearest other row. */
export function squaredRadii(set: Matrix, k: number): Float64Array {
  const near = nearestNeighbours(set, set, k).squaredDistances;
  return Float64Array.from({ length: set.rows }, (_, i) => near[i * k + k - 1]);
}

/** All four scores in one pass; k = 3 as in the papers for thousands of samples (density and coverage: 5). */
export function manifoldScores(real: Matrix, generated: Matrix, k = 3): ManifoldScores {
  checkSameColumns('manifoldScores', real, generated);
  const realRadii = squaredRadii(real, k);
  const generatedRadii = squaredRadii(generated, k);
  const recalled = new Uint8Array(real.rows);
  const covered = new Uint8Array(real.rows);
  const distances = new Float64Array(real.rows);
  let precise = 0;
  let balls = 0;
  for (let j = 0; j < generated.rows; j++) {
    squaredDistances(generated, j, real, distances);
    let around = 0;
    for (let i = 0; i < real.rows; i++) {
      const distance = distances[i];
      if (distance <= realRadii[i]) {
        around++;
        covered[i] = 1;
      }
      if (distance <= generatedRadii[j]) recalled[i] = 1;
    }
    balls += around;
    if (around > 0) precise++;
  }
  const share = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
  return { precision: precise / generated.rows, recall: share(recalled), density: balls / (k * generated.rows), coverage: share(covered) };
}
