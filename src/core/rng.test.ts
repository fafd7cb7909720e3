import { describe, expect, it } from 'vitest';
import { normalsFromWords, normalTail } from './normal.ts';
import { philox } from './philox.ts';
import { createStream, seedWords, shuffle } from './rng.ts';

const hex = (words: ArrayLike<number>): string => Array.from(words, (w) => w.toString(16).padStart(8, '0')).join(' ');
const bits = (values: Float32Array): string => hex(new Uint32Array(values.buffer, values.byteOffset, values.length));
const test = (index = 0, seed: number | bigint = 1) => createStream({ seed, purpose: 'test', index });

describe('philox', () => {
  it.each([
    // The known-answer vectors that the Random123 distribution publishes: counter, key, result.
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the published answers', (counter, key, answer) => {
    const out = new Uint32Array(4);
    const [counter0, counter1, counter2, counter3] = counter;
    philox(out, 1, { key0: key[0], key1: key[1], counter1, counter2, counter3 }, counter0);
    expect(hex(out)).toBe(answer);
  });
});

describe('streams', () => {
  it('agree with stored values: the anchor of portability', () => {
    expect(bits(test(7, 42).normals(new Float32Array(4)))).toBe('bea5ef17 3eeca33c 3fafe8fd 3eab3645');
    expect(bits(test(2 ** 40 + 3, 2n ** 64n - 1n).normals(new Float32Array(4), 9))).toBe('3dce9e53 bb9054d7 3f0e0821 bdb7c027');
    expect(bits(createStream({ seed: 0, purpose: 'noise' }).uniforms(new Float32Array(3)))).toBe('3f541472 3e016118 3ec18d5e');
    expect(hex(test(1).integers(new Uint32Array(4), 1000))).toBe('0000013b 0000037d 00000049 000000af');
    expect([...shuffle(3, 5, 8)]).toEqual([5, 6, 1, 3, 2, 4, 7, 0]);
  });

  it('do not depend on how much is asked for at once', () => {
    const long = test().normals(new Float32Array(10_000));
    expect(test().normals(new Float32Array(4099))).toEqual(long.slice(0, 4099));
    const wide = test().uniforms(new Float64Array(5000));
    expect(test().uniforms(new Float64Array(2049))).toEqual(wide.slice(0, 2049));
    const words = test().bits16(new Uint16Array(20_000));
    expect(test().bits16(new Uint16Array(8201))).toEqual(words.slice(0, 8201));
    expect(test().uniform(3)).toBe(test().uniforms(new Float64Array(2), 3)[0]);
  });

  it('differ by seed, purpose, index and draw, in all their bits', () => {
    const first = [
      test(0, 1), test(0, 2), test(0, 1n + (1n << 32n)), test(1), test(2 ** 32), createStream({ seed: 1, purpose: 'noise' }),
    ].map((stream) => stream.uniform());
    first.push(test().uniform(1), test().uniform(2 ** 31));
    expect(new Set(first).size).toBe(first.length);
    expect(seedWords(2 ** 40 + 5)).toEqual(seedWords(2n ** 40n + 5n));
  });

  it('refuse what cannot name a stream', () => {
    expect(() => test(0, -1)).toThrow(/seed: must be an integer in \[0, 2\^53\)/);
    expect(() => test(0, 0.5)).toThrow(/seed/);
    expect(() => test(-1)).toThrow(/index/);
    expect(() => test().uniform(-1)).toThrow(/draw/);
    expect(() => test().integer(0)).toThrow(/n must be an integer/);
    expect(() => createStream({ seed: 1, purpose: 'nose' as 'noise' })).toThrow(/unknown purpose "nose"; one of init/);
  });

  it('integers and 16-bit words are uniform (chi-square)', () => {
    const chiSquare = (values: ArrayLike<number>, cells: number): number => {
      const counts = new Float64Array(cells);
      for (let i = 0; i < values.length; i++) counts[values[i]]++;
      return counts.reduce((sum, c) => sum + (c - values.length / cells) ** 2 / (values.length / cells), 0);
    };
    // 99.99 % of chi-square with k degrees of freedom lie below k + 3.72√(2k) + 8, roughly
    expect(chiSquare(test(11).integers(new Int32Array(200_000), 100), 100)).toBeLessThan(160);
    expect(chiSquare(test(12).bits16(new Uint16Array(400_000)).map((w) => w >>> 8), 256)).toBeLessThan(350);
    expect(chiSquare(test(13).bits16(new Uint16Array(400_000)).map((w) => w & 255), 256)).toBeLessThan(350);
    const u = test(14).uniforms(new Float32Array(100_000));
    expect(Math.min(...u.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(u.every((v) => v < 1)).toBe(true);
  });
});

describe('normals', () => {
  it('invert the normal tail to 2e-10 in every octave, tails included', () => {
    const word = new Uint32Array(1);
    const z = new Float64Array(1);
    let worst = 0;
    for (let m = 0x7fffffff; m > 0; m = Math.floor(m / 1.01)) {
      word[0] = m;
      normalsFromWords(word, 1, z);
      const { tail, density } = normalTail(z[0]);
      worst = Math.max(worst, Math.abs((tail - (m + 0.5) / 2 ** 32) / density));
      word[0] = m | 0x80000000;
      const positive = z[0];
      normalsFromWords(word, 1, z);
      expect(z[0]).toBe(-positive);
    }
    expect(worst).toBeLessThan(2e-10);
    word[0] = 0;
    normalsFromWords(word, 1, z);
    expect(normalTail(z[0]).tail * 2 ** 33).toBeCloseTo(1, 6);
  });

  it('have the tail of the tables', () => {
    // Abramowitz and Stegun, table 26.1 and 26.2
    expect(normalTail(0).tail).toBe(0.5);
    expect(normalTail(1).tail).toBeCloseTo(0.15865525393145707, 14);
    expect(normalTail(1.9999999).tail).toBeCloseTo(normalTail(2).tail + 1e-7 * normalTail(2).density, 13);
    expect(normalTail(5).tail / 2.8665157187919391e-7).toBeCloseTo(1, 11);
  });

  it('have the distribution: Kolmogorov-Smirnov, four moments, tails, no correlation of neighbours', () => {
    const n = 1_000_000;
    const z = test(21).normals(new Float32Array(n));
    const moments = [0, 0, 0, 0];
    let beyond4 = 0;
    let neighbours = 0;
    for (let i = 0; i < n; i++) {
      const v = z[i];
      for (let k = 0, power = v; k < 4; k++, power *= v) moments[k] += power / n;
      if (v > 4 || v < -4) beyond4++;
      neighbours += (v * z[(i + 1) % n]) / n;
    }
    // Five standard errors of each: var(z^k)/n = 1, 2, 15, 96 over n
    expect(Math.abs(moments[0])).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moments[1] - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moments[2])).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moments[3] - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.abs(neighbours)).toBeLessThan(5 / Math.sqrt(n));
    const expected = 2 * n * normalTail(4).tail; // 63.3, Poisson
    expect(Math.abs(beyond4 - expected)).toBeLessThan(5 * Math.sqrt(expected));

    const sorted = z.slice(0, 200_000).sort();
    let distance = 0;
    sorted.forEach((v, i) => {
      const cdf = v >= 0 ? 1 - normalTail(v).tail : normalTail(-v).tail;
      distance = Math.max(distance, Math.abs(cdf - (i + 0.5) / sorted.length));
    });
    expect(distance * Math.sqrt(sorted.length)).toBeLessThan(2.23); // 99.99 %
  });
});

describe('shuffle', () => {
  it('is a permutation, and each place is equally likely', () => {
    expect([...shuffle(1, 0, 1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(shuffle(1, 0, 1000)).toEqual(shuffle(1, 0, 1000));
    expect(shuffle(1, 1, 1000)).not.toEqual(shuffle(1, 0, 1000));
    expect(shuffle(2, 0, 1000)).not.toEqual(shuffle(1, 0, 1000));
    const counts = new Float64Array(24);
    for (let epoch = 0; epoch < 12_000; epoch++) {
      const [a, b, c] = shuffle(9, epoch, 4);
      counts[a * 6 + (b - Number(b > a)) * 2 + Number(c > [0, 1, 2, 3].find((v) => v !== a && v !== b && v !== c)!)]++;
    }
    expect(counts.reduce((sum, k) => sum + (k - 500) ** 2 / 500, 0)).toBeLessThan(60); // 23 degrees of freedom
    expect([...shuffle(1, 0, 0)]).toEqual([]);
  });
});
