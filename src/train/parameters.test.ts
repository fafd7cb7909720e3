import { describe, expect, it } from 'vitest';
import { tensor, type Tensor } from '../core/tensor.ts';
import { checkComplete, createVectors, frozenViews, layoutParameters, loadStateDict, showKeyReport, stateDict, trainableViews } from './parameters.ts';

const layout = layoutParameters([
  { name: 'conv.weight', shape: [2, 3] },
  { name: 'frozen', shape: [4], trainable: false },
  { name: 'conv.bias', shape: [2] },
  { name: 'table', shape: [3, 2], decay: false },
]);

describe('parameter layout', () => {
  it('places trainable and frozen parameters in vectors of their own, without gaps', () => {
    expect(layout.parameters.map((p) => [p.name, p.offset, p.size, p.decay, p.trainable])).toEqual([
      ['conv.weight', 0, 6, true, true],
      ['frozen', 0, 4, false, false],
      ['conv.bias', 6, 2, false, true],
      ['table', 8, 6, false, true],
    ]);
    expect([layout.trainableSize, layout.frozenSize]).toEqual([14, 4]);
  });

  it('gives views that share memory', () => {
    const vectors = createVectors(layout);
    trainableViews(layout, vectors.trainable).get('conv.bias')!.data.set([7, 8]);
    frozenViews(layout, vectors.frozen).get('frozen')!.data[3] = 9;
    expect(Array.from(vectors.trainable.slice(6, 8))).toEqual([7, 8]);
    expect([...stateDict(layout, vectors).keys()]).toEqual(['conv.weight', 'frozen', 'conv.bias', 'table']);
    expect(stateDict(layout, vectors).get('frozen')!.data[3]).toBe(9);
    expect(() => trainableViews(layout, new Float32Array(3))).toThrow('14 trainable elements but the vector has 3');
  });

  it('refuses a repeated name', () => {
    expect(() => layoutParameters([{ name: 'a', shape: [1] }, { name: 'a', shape: [2] }])).toThrow('"a" is declared twice');
  });
});

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
