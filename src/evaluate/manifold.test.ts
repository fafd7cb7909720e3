import { describe, expect, test } from 'vitest';
import { createStream } from '../core/rng.ts';
import { matrix } from './matrix.ts';
import { nearestNeighbours, squaredDistances } from './neighbours.ts';
import { nearestPictures, typicalDistance } from './nearest.ts';
import { manifoldScores, squaredRadii } from './precision-recall.ts';

const line = (...values: number[]) => matrix(values.length, 1, Float64Array.from(values));
const cloud = (rows: number, columns: number, index: number) => matrix(rows, columns, createStream({ seed: 8, purpose: 'test', index }).normals(new Float64Array(rows * columns)));

describe('neighbours', () => {
  test.each([1, 3, 4, 6, 9])('squared distances to %i rows, by the definition', (n) => {
    const [a, b] = [cloud(3, 5, 10), cloud(n, 5, 11)];
    const found = squaredDistances(a, 2, b, new Float64Array(n));
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < 5; k++) sum += (a.data[10 + k] - b.data[5 * j + k]) ** 2;
      expect(found[j]).toBe(sum);
    }
  });

  test('against sorting all distances', () => {
    const a = cloud(20, 5, 0);
    const b = cloud(30, 5, 1);
    const near = nearestNeighbours(a, b, 4);
    for (let i = 0; i < 20; i++) {
      const sorted = Array.from(squaredDistances(a, i, b, new Float64Array(30)), (d, j) => ({ j, d })).sort((x, y) => x.d - y.d);
      expect([...near.indices.subarray(4 * i, 4 * i + 4)]).toEqual(sorted.slice(0, 4).map((s) => s.j));
      expect([...near.squaredDistances.subarray(4 * i, 4 * i + 4)]).toEqual(sorted.slice(0, 4).map((s) => s.d));
    }
  });

  test('within one set a vector is not its own neighbour, but its double is', () => {
    expect([...nearestNeighbours(line(0, 1, 1, 5), line(0, 1, 1, 5), 1).indices]).toEqual([0, 1, 1, 3]);
    const set = line(0, 1, 1, 5);
    expect([...nearestNeighbours(set, set, 1).indices]).toEqual([1, 2, 1, 1]);
    expect(() => nearestNeighbours(set, set, 4)).toThrow('k must be a whole number from 1 to 3');
  });

  test('nearest pictures, and what near means', () => {
    const { indices, distances } = nearestPictures(line(0.9, 7), line(0, 1, 5));
    expect([...indices]).toEqual([1, 2]);
    expect(distances[0]).toBeCloseTo(0.1, 12);
    expect(distances[1]).toBe(2);
    expect(typicalDistance(line(0, 1, 5))).toBe(1);
    expect(typicalDistance(line(0, 1, 5, 8))).toBe(2);
  });
});

describe('manifoldScores', () => {
  test('hand-computed on a line', () => {
    const real = line(0, 1, 3, 10); // radii with k = 1: 1, 1, 2, 7
    const generated = line(0.5, 4, 30, 31); // radii: 3.5, 3.5, 1, 1
    expect([...squaredRadii(real, 1)]).toEqual([1, 1, 4, 49]);
    // 0.5 lies in the balls of 0 and 1; 4 in those of 3 (radius 2) and 10 (radius 7); 30 and 31 in none.
    // 0, 1 and 3 lie within 3.5 of 0.5 (and 1 and 3 of 4); 10 in no generated ball.
    expect(manifoldScores(real, generated, 1)).toEqual({ precision: 0.5, recall: 0.75, density: 1, coverage: 1 });
  });

  test('a set against itself is perfect; a set far away scores nothing', () => {
    const set = cloud(50, 4, 2);
    const far = matrix(50, 4, set.data.map((v) => v + 100));
    expect(manifoldScores(set, matrix(50, 4, set.data.slice()))).toMatchObject({ precision: 1, recall: 1, coverage: 1 });
    expect(manifoldScores(set, far)).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
  });

  test('dropping modes lowers recall, not precision', () => {
    const real = matrix(120, 2, cloud(120, 2, 3).data.map((v, i) => v / 10 + (Math.floor(i / 2) < 60 ? 0 : 10)));
    const half = matrix(60, 2, cloud(120, 2, 4).data.slice(0, 120).map((v) => v / 10));
    const { precision, recall } = manifoldScores(real, half);
    expect(precision).toBeGreaterThan(0.85);
    expect(recall).toBeLessThan(0.55);
  });
});
