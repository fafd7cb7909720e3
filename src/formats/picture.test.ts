import { describe, expect, it } from 'vitest';
import { film } from './film.ts';
import { BASELINE, GLYPH_HEIGHT, glyphsOf } from './font.ts';
import { grid } from './grid.ts';
import { drawText, fitText, textHeight, textWidth } from './lettering.ts';
import { canvas, enlarge, fillRectangle, pictureFromFloat, place, toByte, type Picture } from './picture.ts';

const flat = (value: number, width = 2, height = width, channels: 1 | 3 = 1): Picture => ({ width, height, channels, data: new Uint8Array(width * height * channels).fill(value) });
const pixel = ({ width, data }: Picture, x: number, y: number): number[] => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];

describe('pixels out of floats', () => {
  it('inverts v/127.5 − 1 for every byte, rounds halves up, clamps', () => {
    for (let v = 0; v < 256; v++) {
      expect(toByte(Math.fround(v / 127.5 - 1))).toBe(v);
      if (v < 255) expect(toByte((v + 0.5) / 127.5 - 1 + 1e-12)).toBe(v + 1);
    }
    expect([-5, -1, 1, 7, NaN, Infinity, -Infinity].map(toByte)).toEqual([0, 0, 255, 255, 0, 255, 0]);
    expect(toByte(0)).toBe(128); // exactly 127.5
  });

  it('turns planes into pixels', () => {
    const picture = pictureFromFloat(Float32Array.of(-1, 1, 0, 0, 1, -1), [3, 1, 2]);
    expect(picture).toEqual({ width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 128, 255, 255, 128, 0) });
    expect(() => pictureFromFloat(new Float32Array(4), [2, 1, 2])).toThrow(/shape must be \[1 or 3, height, width\], got \[2, 1, 2\]/);
    expect(() => pictureFromFloat(new Float32Array(5), [1, 2, 2])).toThrow(/needs 4 values, got 5/);
  });

  it('enlarges pixels to squares', () => {
    const small: Picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
    expect([...enlarge(small, 2).data]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
    expect([...enlarge({ width: 1, height: 1, channels: 3, data: Uint8Array.of(7, 8, 9) }, 2).data]).toEqual([7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9]);
    expect(() => enlarge(small, 1.5)).toThrow(/factor/);
  });

  it('place refuses what does not fit; rectangles are cut off', () => {
    const target = canvas(4, 4, [0, 0, 0]);
    expect(() => place(target, flat(1), 3, 0)).toThrow(/2×2 at \(3, 0\) does not fit a canvas of 4×4/);
    fillRectangle(target, -2, 3, 4, 9, [1, 2, 3]);
    expect(pixel(target, 1, 3)).toEqual([1, 2, 3]);
    expect(pixel(target, 2, 3)).toEqual([0, 0, 0]);
  });
});

describe('lettering', () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

  it('has a glyph of its own for every printable ASCII character', () => {
    const shapes = new Map<string, string>();
    for (const char of ascii) {
      const [{ width, rows }] = glyphsOf(char);
      expect(rows).toHaveLength(GLYPH_HEIGHT);
      expect(width, char).toBeLessThanOrEqual(5);
      if (char !== ' ') expect(Math.max(...rows), char).toBeGreaterThan(0);
      for (const bits of rows) expect(bits >>> width, char).toBe(0);
      // Zero and O alone share a drawing; signs that differ only by their height differ in rows.
      const key = rows.join(' ');
      if (char !== 'O') expect(shapes.get(key), `${char} looks like ${shapes.get(key)}`).toBeUndefined();
      shapes.set(key, char);
    }
  });

  it('letters stand on the baseline; only descenders go below it', () => {
    for (const char of ascii) {
      const below = glyphsOf(char)[0].rows.slice(BASELINE).some((bits) => bits !== 0);
      expect(below, char).toBe('gjpqy,;_'.includes(char));
      if (/[A-Za-z0-9]/.test(char)) expect(glyphsOf(char)[0].rows[BASELINE - 1], char).not.toBe(0);
    }
  });

  it('digits are equally wide; accents fall away; the unknown is a box', () => {
    expect(new Set([...'0123456789'].map((d) => textWidth(d)))).toEqual(new Set([5]));
    expect(glyphsOf('é×')).toEqual(glyphsOf('ex'));
    expect(glyphsOf('数')).toEqual([{ width: 5, rows: [31, 17, 17, 17, 17, 17, 31, 0, 0] }]);
  });

  it('draws within its measured box, touching its sides', () => {
    for (const scale of [1, 3]) {
      const width = textWidth('Hgl', scale);
      const target = canvas(width + 4, textHeight(scale) + 4, [0, 0, 0]);
      drawText(target, 'Hgl', 2, 2, { color: [255, 255, 255], scale });
      const lit = Array.from({ length: target.width * target.height }, (_, i) => i).filter((i) => target.data[3 * i]);
      const xs = lit.map((i) => i % target.width);
      const ys = lit.map((i) => Math.floor(i / target.width));
      expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([2, width + 1, 2, textHeight(scale) + 1]);
    }
  });

  it('fits text into a width', () => {
    expect(fitText('short', 100)).toBe('short');
    const cut = fitText('a rather long label', 50);
    expect(cut).toMatch(/^a rath.*\.\.\.$/);
    expect(textWidth(cut)).toBeLessThanOrEqual(50);
    expect(fitText('anything', 2)).toBe('');
  });
});

describe('grid', () => {
  it('lays images out row by row with even gaps and nothing over them', () => {
    const out = grid([10, 20, 30, 40, 50].map((v) => flat(v)), { columns: 3, scale: 1, pad: 2, background: [1, 2, 3] });
    expect([out.width, out.height]).toEqual([6 + 3 * 2 + 2 * 2 + 6, 6 + 2 * 2 + 2 + 6]);
    expect(pixel(out, 6, 6)).toEqual([10, 10, 10]);
    expect(pixel(out, 8, 6)).toEqual([1, 2, 3]);
    expect(pixel(out, 10, 7)).toEqual([20, 20, 20]);
    expect(pixel(out, 10, 10)).toEqual([50, 50, 50]);
    expect(pixel(out, 14, 10)).toEqual([1, 2, 3]); // the short row ends
  });

  it('chooses columns and an enlargement by itself', () => {
    const out = grid(Array.from({ length: 9 }, () => flat(255, 28)));
    expect(out.width).toBe(out.height);
    expect(out.width).toBe(12 + 3 * 28 * 8 + 2 * 4 + 12);
    const many = grid(Array.from({ length: 100 }, () => flat(255, 28)));
    expect(many.width).toBeLessThan(950);
    expect(many.width).toBeGreaterThan(800);
  });

  it('takes colour images and keeps all their pixels', () => {
    const colored: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(9, 8, 7) };
    const out = grid([colored], { scale: 3, rowLabels: ['class'], columnLabels: ['c'], title: 'title', caption: 'caption', progress: 0.5 });
    let count = 0;
    for (let i = 0; i < out.data.length; i += 3) if (out.data[i] === 9 && out.data[i + 1] === 8 && out.data[i + 2] === 7) count++;
    expect(count).toBe(9);
  });

  it('refuses sizes and labels that do not match', () => {
    expect(() => grid([])).toThrow(/no images/);
    expect(() => grid([flat(1), flat(1, 3)])).toThrow(/image 1 is 3×3 but the first is 2×2/);
    expect(() => grid([flat(1), flat(1)], { columns: 1, rowLabels: ['a'] })).toThrow(/2 rows but 1 rowLabels/);
    expect(() => grid([flat(1), flat(1)], { columns: 1, columnLabels: ['a', 'b'] })).toThrow(/1 columns but 2 columnLabels/);
  });
});

describe('film', () => {
  it('has frames of one size, a bar that grows from empty to full, and a pause at the end', () => {
    const frames = film(Array.from({ length: 5 }, (_, k) => ({ images: [flat(0, 60)], caption: `step ${k}/4` })), { scale: 1 });
    expect(new Set(frames.map(({ picture }) => `${picture.width}×${picture.height}`)).size).toBe(1);
    const filled = frames.map(({ picture }) => {
      let count = 0;
      for (let i = 0; i < picture.data.length; i += 3) if (picture.data[i] === 242 && picture.data[i + 1] === 166) count++;
      return count / 3; // the bar is three pixels high
    });
    expect(filled).toEqual([0, 15, 30, 45, 60]);
    expect(frames.map(({ delay }) => delay)).toEqual([400, 80, 80, 80, 2000]);
  });
});
