import { describe, expect, it } from 'vitest';
import { intTensor, tensor } from '../core/tensor.ts';
import { dropConditions } from './condition-dropout.ts';
import { nullLike, withNullHalf, type Condition } from './condition.ts';
import { countFrom } from './noise.ts';

const condition: Condition = { label: intTensor([3], [5, 6, 7]), text: tensor([3, 1, 2], [1, 2, 3, 4, 5, 6]) };
const none: Condition = { label: intTensor([1], [10]), text: tensor([1, 1, 2], [0, -1]) };

describe('null conditions', () => {
  it('stand beside or in place of the rows', () => {
    expect(withNullHalf(condition, none)).toEqual({ label: intTensor([6], [5, 6, 7, 10, 10, 10]), text: tensor([6, 1, 2], [1, 2, 3, 4, 5, 6, 0, -1, 0, -1, 0, -1]) });
    expect(nullLike(condition, none).label).toEqual(intTensor([3], [10, 10, 10]));
    const negative = { ...none, label: intTensor([3], [1, 2, 3]) };
    expect(nullLike(condition, negative).label).toEqual(negative.label);
  });

  it('must fit', () => {
    expect(() => nullLike(condition, { label: none.label })).toThrow(/same names, but one has label, text and the other label/);
    expect(() => nullLike(condition, { ...none, label: intTensor([2], [1, 1]) })).toThrow(/has 2 rows; pass 1 or 3/);
    expect(() => nullLike(condition, { ...none, text: tensor([1, 2, 2]) })).toThrow(/text is float32 \[3, 1, 2\] in one condition and float32 \[1, 2, 2\]/);
  });
});

describe('condition dropout', () => {
  const n = 4000;
  const many: Condition = { label: intTensor([n], Int32Array.from(countFrom(0, n))), text: tensor([n, 1, 2], new Float32Array(2 * n).fill(1)) };
  const dropped = (probability: number | Record<string, number>, first = 0): { label: boolean[]; text: boolean[] } => {
    const out = dropConditions(many, { nullCondition: { ...none, label: intTensor([1], [-1]) }, probability, seed: 1, indices: countFrom(first, n) });
    return { label: Array.from(out.label.data as Int32Array, (v) => v === -1), text: Array.from({ length: n }, (_, i) => out.text.data[2 * i] === 0) };
  };
  const share = (flags: boolean[]): number => flags.filter(Boolean).length / n;

  it('drops together at one probability, by the example’s index', () => {
    const { label, text } = dropped(0.1);
    expect(label).toEqual(text);
    expect(Math.abs(share(label) - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / n));
    expect(dropped(0.1, 10).label.slice(0, n - 10)).toEqual(label.slice(10));
    expect(share(dropped(0).label)).toBe(0);
    expect(share(dropped(1).label)).toBe(1);
    expect((many.label.data as Int32Array)[5]).toBe(5); // the input is left alone
  });

  it('drops independently at several', () => {
    const { label, text } = dropped({ label: 0.2, text: 0.5 });
    expect(Math.abs(share(label) - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / n));
    expect(Math.abs(share(text) - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / n));
    expect(Math.abs(share(label.map((flag, i) => flag && text[i])) - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / n));
    expect(share(dropped({ text: 0.5 }).label)).toBe(0);
  });

  it('refuses nonsense', () => {
    expect(() => dropped(1.5)).toThrow(/must lie in \[0, 1\] but is 1.5/);
    expect(() => dropped({ txt: 0.5 })).toThrow(/there is no condition "txt"; one of label, text/);
  });
});
