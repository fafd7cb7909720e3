/**
 * The training picture nearest to each generated one: a model that copies its data gives distances near 0, and a reader sees it at a glance.
 * The yardstick is the distance from a training picture to its own nearest other one:
 *
 *     ratio = |generated − nearest training picture| / typical (median) |training picture − nearest other training picture|
 *
 * Source: the nearest-neighbour figures of Goodfellow et al. 2014 and of Karras et al. 2018; distances here are Euclidean in whatever
 * space the vectors come from (pixels, features).
 */
import type { Matrix } from './matrix.ts';
import { nearestNeighbours } from './neighbours.ts';

export interface NearestPictures {
  /** Row of the training set for each generated picture. */
  readonly indices: Int32Array;
  /** Euclidean distances. */
  readonly distances: Float64Array;
}

export function nearestPictures(generated: Matrix, training: Matrix): NearestPictures {
  const { indices, squaredDistances } = nearestNeighbours(generated, training, 1);
  return { indices, distances: squaredDistances.map(Math.sqrt) };
}

/** Median distance of a picture to its nearest other one in the same set: what "near" means there. */
export function typicalDistance(set: Matrix): number {
  const distances = nearestNeighbours(set, set, 1).squaredDistances.map(Math.sqrt).sort();
  const middle = distances.length >> 1;
  return distances.length % 2 ? distances[middle] : (distances[middle - 1] + distances[middle]) / 2;
}
