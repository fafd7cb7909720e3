import { describe, expect, it } from 'vitest';
import { check, listed, NoisetteError, oneOf } from './errors.ts';

describe('errors', () => {
  it('say where and what, and only then is the message made', () => {
    let made = 0;
    check(true, 'here', () => `${++made}`);
    expect(made).toBe(0);
    expect(() => check(0, 'here', () => `no. ${++made}`)).toThrow(new NoisetteError('here: no. 1'));
  });

  it('name the valid set', () => {
    expect(oneOf('sampler', { ddim: 1, ddpm: 2 }, 'ddpm')).toBe(2);
    expect(() => oneOf('sampler', { ddim: 1, ddpm: 2 }, 'toString')).toThrow('unknown sampler "toString"; one of ddim, ddpm');
  });

  it('show the first of many names and count the rest', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `x${i}`);
    expect(listed(names)).toBe('x0, x1, x2, x3, x4, x5, x6, x7 and 992 more');
    expect(listed(new Set(['a', 'b']).keys())).toBe('a, b');
    expect(listed(names.slice(0, 3), 2)).toBe('x0, x1 and 1 more');
    expect(listed([])).toBe('none');
  });
});
