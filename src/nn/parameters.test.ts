import { describe, expect, it } from 'vitest';
import { initialize, normal } from './initializer.ts';
import { createVectors, flatSize, frozenViews, layoutParameters, stateDict, trainableViews } from './parameters.ts';

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

  it('starts trainable parameters in their own vector, each from a stream of its own', () => {
    const init = normal(1);
    const mixed = layoutParameters([{ name: 'a', shape: [3], init }, { name: 'fixed', shape: [5], init, trainable: false }, { name: 'b', shape: [4], init }]).parameters;
    const plain = layoutParameters([{ name: 'a', shape: [2], init }, { name: 'zero', shape: [1] }, { name: 'b', shape: [4], init }]).parameters;
    expect(flatSize(mixed)).toBe(7);
    const [x, y] = [mixed, plain].map((parameters) => initialize(parameters, 7, 3));
    expect(new Set(x).size).toBe(7);
    expect(y.subarray(3)).toEqual(x.subarray(3));
    expect(y[2]).toBe(0);
  });
});
