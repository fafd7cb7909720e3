import { describe, expect, it } from 'vitest';
import { decayOfHalfLife, emaDecay, emaSettings } from './ema.ts';

describe('EMA decay', () => {
  it('is fixed without warm-up', () => {
    const settings = emaSettings({ decay: 0.9999, warmup: 'none' });
    for (const n of [0, 1, 1000]) expect(emaDecay(settings, n)).toBe(0.9999);
  });

  it('rises as (1 + n)/(10 + n) up to the limit', () => {
    const settings = emaSettings({ decay: 0.99, warmup: 'ratio' });
    expect(emaDecay(settings, 0)).toBeCloseTo(0.1, 15);
    expect(emaDecay(settings, 90)).toBeCloseTo(0.91, 15);
    expect(emaDecay(settings, 889)).toBeLessThan(0.99);
    expect(emaDecay(settings, 891)).toBe(0.99);
  });

  it('rises by the inverse-gamma rule to the values its authors give', () => {
    // power 2/3: 0.999 at 31.6 k updates, 0.9999 at 1 M; power 3/4: 0.999 at 10 k, 0.9999 at 215.4 k
    const at = (power: number, n: number): number => emaDecay(emaSettings({ decay: 1, warmup: 'inverse-gamma', power }), n);
    expect(at(2 / 3, 31_600)).toBeCloseTo(0.999, 5);
    expect(at(2 / 3, 1_000_000)).toBeCloseTo(0.9999, 6);
    expect(at(3 / 4, 10_000)).toBeCloseTo(0.999, 5);
    expect(at(3 / 4, 215_400)).toBeCloseTo(0.9999, 6);
    expect(at(3 / 4, 0)).toBe(0); // the first average is the weights themselves
  });

  it('halves a share in a half-life', () => {
    expect(decayOfHalfLife(500_000, 512) ** (500_000 / 512)).toBeCloseTo(0.5, 12);
  });

  it('refuses settings out of range', () => {
    expect(() => emaSettings({ decay: 1.1 })).toThrow('decay must be in [0, 1], got 1.1');
    expect(() => emaSettings({ warmup: 'slow' as 'none' })).toThrow('unknown EMA warm-up "slow"; one of none, ratio, inverse-gamma');
  });
});
