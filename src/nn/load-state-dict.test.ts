import { describe, expect, it } from 'vitest';
import { tensor, type Tensor } from '../core/tensor.ts';
import { checkComplete, loadStateDict, showKeyReport } from './load-state-dict.ts';
import { createVectors, layoutParameters, stateDict } from './parameters.ts';

const layout = layoutParameters([
  { name: 'conv.weight', shape: [2, 3] },
  { name: 'frozen', shape: [4], trainable: false },
  { name: 'conv.bias', shape: [2] },
  { name: 'table', shape: [3, 2], decay: false },
]);

describe('loading by name', () => {
  it('copies what fits and reports the rest', () => {
    const vectors = createVectors(layout);
    const weights = new Map<string, Tensor>([
      ['conv.weight', tensor([2, 3], [1, 2, 3, 4, 5, 6])],
      ['frozen', tensor([4], [9, 9, 9, 9])],
      ['table', tensor([5, 2])],
      ['head.weight', tensor([1])],
    ]);
    const report = loadStateDict(layout, vectors, weights);
    expect(report.loaded).toEqual(['conv.weight', 'frozen']);
    expect(report.missing).toEqual(['conv.bias']);
    expect(report.surplus).toEqual(['head.weight']);
    expect(report.mismatched).toEqual([{ name: 'table', expected: [3, 2], found: [5, 2] }]);
    expect(Array.from(vectors.trainable.subarray(0, 6))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Array.from(vectors.frozen)).toEqual([9, 9, 9, 9]);
    expect(showKeyReport(report)).toBe(
      '2 parameters loaded\n1 missing (keep their initial values): conv.bias\n1 of another shape (keep their initial values): table is [5, 2], the network has [3, 2]\n1 surplus (ignored): head.weight',
    );
    expect(() => checkComplete('load', report)).toThrow('load: the weights do not fit the network');
  });

  it('reads its own state dict back whole', () => {
    const vectors = createVectors(layout);
    vectors.trainable.forEach((_, i) => (vectors.trainable[i] = i + 0.5));
    const copy = createVectors(layout);
    const report = loadStateDict(layout, copy, stateDict(layout, vectors));
    checkComplete('load', report);
    expect(showKeyReport(report)).toBe('');
    expect(copy).toEqual(vectors);
  });
});
