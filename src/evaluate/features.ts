/** What turns pictures into the vectors that the metrics compare: a classifier's last hidden layer, and its logits. */
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { matrix, type Matrix } from './matrix.ts';

export interface Features {
  /** [n, featureWidth] */
  readonly features: Matrix;
  /** [n, classes] */
  readonly logits: Matrix;
}

export interface FeatureExtractor {
  /** Which network, for reports: distances in different features cannot be compared. */
  readonly name: string;
  readonly featureWidth: number;
  readonly classNames: readonly string[];
  /** Pictures [n, channels, height, width] in [−1, 1] of any count n. */
  extract(images: Tensor): Promise<Features>;
  dispose(): Promise<void>;
}

/** Features of many batches of pictures, one set. Throws when there is none. */
export async function extractAll(extractor: FeatureExtractor, batches: Iterable<Tensor> | AsyncIterable<Tensor>): Promise<Features> {
  const parts: Features[] = [];
  for await (const images of batches) parts.push(await extractor.extract(images));
  check(parts.length > 0, 'extractAll', 'no pictures came');
  return { features: stack(parts.map((p) => p.features)), logits: stack(parts.map((p) => p.logits)) };
}

function stack(parts: readonly Matrix[]): Matrix {
  const rows = parts.reduce((sum, p) => sum + p.rows, 0);
  const columns = parts[0].columns;
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return matrix(rows, columns, data);
}
