import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bar, bytes, clipLine, duration, rate, short } from './style.ts';
import { halfBlocks } from './half-blocks.ts';
import type { Picture } from '../formats/picture.ts';

const plain = stripVTControlCharacters;

describe('small words', () => {
  it.each([[7, '7'], [9999, '9999'], [12_345, '12.3 k'], [1_234_567, '1.23 M'], [2.5e9, '2.50 G']])('short(%d)', (n, text) => expect(short(n)).toBe(text));
  it.each([[400, '0 kB'], [2600, '3 kB'], [1_234_567, '1 MB'], [2.345e9, '2.35 GB']])('bytes(%d)', (n, text) => expect(bytes(n)).toBe(text));
  it.each([[0, '0 s'], [59.4, '59 s'], [59.6, '1:00'], [185, '3:05'], [7385, '2:03:05'], [Infinity, '…'], [NaN, '…']])('duration(%d)', (s, text) => expect(duration(s)).toBe(text));
  it.each([[0.04, '0.0'], [2.44, '2.4'], [9.96, '10'], [148.4, '148']])('rate(%d)', (n, text) => expect(rate(n)).toBe(text));
});

describe('bar', () => {
  it.each([[0, '····'], [0.5, '██··'], [1, '████'], [0.28, '█▏··'], [0.99, '████'], [-1, '····'], [7, '████']])('%d of 4 characters', (fraction, text) => expect(plain(bar(fraction, 4))).toBe(text));
  it('never changes its width', () => {
    for (let i = 0; i <= 200; i++) expect(plain(bar(i / 200, 13))).toHaveLength(13);
  });
});

describe('clipLine', () => {
  it('counts characters, not codes', () => {
    expect(clipLine('\x1b[1mabc\x1b[0mdef', 4)).toBe('\x1b[1mabc\x1b[0md\x1b[0m');
    expect(clipLine('\x1b[1mabc\x1b[0m', 3)).toBe('\x1b[1mabc\x1b[0m');
    expect(clipLine('😀😀😀', 2)).toBe('😀😀\x1b[0m');
    expect(clipLine('', 0)).toBe('');
  });
});

describe('halfBlocks', () => {
  const grey = (width: number, height: number, value: (x: number, y: number) => number): Picture => ({
    width, height, channels: 1, data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  });

  it('shows two rows of pixels a line, the upper as ink, the lower as ground', () => {
    const [line, ...rest] = halfBlocks([grey(2, 2, (x, y) => 10 * x + 100 * y)], { columns: 80, indent: 0 });
    expect(rest).toEqual([]);
    expect(line).toBe('\x1b[38;2;0;0;0;48;2;100;100;100m▀\x1b[38;2;10;10;10;48;2;110;110;110m▀\x1b[0m');
  });

  it('shrinks by area means', () => {
    const [line] = halfBlocks([grey(28, 28, (x, y) => ((x + y) % 2) * 200)], { columns: 15, indent: 0 });
    expect(line.startsWith('\x1b[38;2;100;100;100;48;2;100;100;100m▀▀▀')).toBe(true);
  });

  it.each([[100, 25, 10, 32, 32], [80, 19, 10, 32, 32], [80, 19, 2, 64, 48], [40, 10, 10, 28, 28], [20, 5, 3, 32, 64], [200, 40, 1, 504, 504], [80, 19, 5, 17, 33]])('fits %i columns and %i lines: %i pictures of %i×%i', (columns, lines, count, width, height) => {
    const shown = halfBlocks(Array.from({ length: count }, (_, i) => grey(width, height, () => i)), { columns, lines });
    expect(shown.length).toBeLessThanOrEqual(lines);
    for (const line of shown) expect(plain(line).length).toBeLessThan(columns);
    // All of them are there: each grey level occurs.
    const text = shown.join('');
    for (let i = 0; i < count; i++) expect(text).toContain(`48;2;${i};${i};${i}m`);
  });

  it('leaves gaps between pictures and between rows of them', () => {
    const lines = halfBlocks(Array.from({ length: 4 }, () => grey(14, 14, () => 9)), { columns: 32, lines: 40, indent: 0 }).map(plain);
    expect(lines).toHaveLength(15);
    expect(lines[0]).toBe(`${'▀'.repeat(14)} ${'▀'.repeat(14)}`);
    expect(lines[7]).toBe('');
  });
});
