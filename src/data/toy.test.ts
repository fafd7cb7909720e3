import { describe, expect, it } from 'vitest';
import { classCounts } from './dataset.ts';
import { SHAPE_NAMES, shapesDataset } from './shapes.ts';
import { TOY_NAMES, toyDataset, toyPoints } from './toy.ts';
import { turn } from './turn.ts';

describe('turn', () => {
  it('is cosine and sine, exact at the quarters', () => {
    for (let k = -5000; k <= 5000; k++) {
      const u = k / 1777;
      const [cosine, sine] = turn(u);
      expect(Math.abs(cosine - Math.cos(2 * Math.PI * u))).toBeLessThan(4e-15);
      expect(Math.abs(sine - Math.sin(2 * Math.PI * u))).toBeLessThan(4e-15);
    }
    expect([turn(0), turn(0.25), turn(-1.5), turn(0.75)].map(([c, s]) => [c + 0, s + 0])).toEqual([[1, 0], [0, 1], [-1, 0], [0, -1]]);
  });
});

describe('toy distributions', () => {
  it.each(TOY_NAMES)('%s: within the square, classes even, a function of seed and index', (name) => {
    const { points, labels, classNames } = toyPoints(name, 3000, { seed: 7 });
    expect(points.every((v) => Math.abs(v) < 1.1)).toBe(true);
    const counts = classNames.map((_, c) => labels.filter((label) => label === c).length);
    const expected = 3000 / classNames.length;
    // chi-squared with at most seven degrees of freedom: 99.99 % below 29.9
    expect(counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(29.9);
    expect(toyPoints(name, 10, { seed: 7 }).points).toEqual(points.slice(0, 20));
    expect(toyPoints(name, 10, { seed: 8 }).points).not.toEqual(points.slice(0, 20));
  });

  it('have the geometry they state, without noise', () => {
    const each = (name: Parameters<typeof toyPoints>[0], test: (x: number, y: number, c: number) => void): void => {
      const { points, labels } = toyPoints(name, 500, { seed: 1, noise: 0 });
      labels.forEach((c, i) => test(points[2 * i], points[2 * i + 1], c));
    };
    each('ring', (x, y, c) => {
      expect(Math.hypot(x, y)).toBeCloseTo(0.75, 6);
      expect((Math.atan2(y, x) / (2 * Math.PI) + 1) % 1).toBeCloseTo(c / 8, 6);
    });
    each('moons', (x, y, c) => {
      const s = c === 0 ? 1 : -1;
      expect(Math.hypot(x + s * 0.25, y + s * 0.125)).toBeCloseTo(0.5, 6);
      expect(s * y + 0.125).toBeGreaterThan(-1e-6);
    });
    each('checkerboard', (x, y, c) => {
      const [column, row] = [Math.floor((x + 1) * 2), Math.floor((y + 1) * 2)];
      expect((column + row) % 2).toBe(0);
      expect(2 * row + ((column - (row % 2)) >> 1)).toBe(c);
    });
    each('spiral', (x, y, c) => {
      const r = Math.hypot(x, y) / 0.9;
      const gap = Math.atan2(y, x) / (2 * Math.PI) - c / 3 - 0.75 * r;
      expect(Math.abs(gap - Math.round(gap))).toBeLessThan(1e-5);
    });
    each('swiss-roll', (x, y, c) => {
      const t = Math.hypot(x, y) / 0.95;
      expect(Math.min(2, Math.floor((t - 1 / 3) * 4.5 + 1e-6))).toBe(c);
      const gap = Math.atan2(y, x) / (2 * Math.PI) - 2.25 * t;
      expect(Math.abs(gap - Math.round(gap))).toBeLessThan(1e-5);
    });
  });

  it('noise has the deviation asked for', () => {
    const clean = toyPoints('ring', 4000, { seed: 3, noise: 0 }).points;
    const noisy = toyPoints('ring', 4000, { seed: 3, noise: 0.1 }).points;
    const variance = noisy.reduce((sum, v, i) => sum + (v - clean[i]) ** 2, 0) / noisy.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
  });

  it('as a dataset: coordinates are channels', () => {
    const data = toyDataset('moons', 20, { seed: 0 });
    const { points, labels } = toyPoints('moons', 20, { seed: 0 });
    const slot = new Float32Array(2);
    data.get(13, slot);
    expect(data.shape).toEqual([2, 1, 1]);
    expect([...slot]).toEqual([points[26], points[27]]);
    expect(data.label(13)).toBe(labels[13]);
    expect(() => toyPoints('moon' as 'moons', 1, { seed: 0 })).toThrow(/unknown toy distribution "moon"; one of ring, moons, swiss-roll/);
  });
});

describe('shapes', () => {
  it('cover the areas of their formulas, stay inside, and contrast with the ground', () => {
    const size = 48;
    const data = shapesDataset({ seed: 5, length: 60, size, channels: 1 });
    expect(classCounts(data)).toEqual([20, 20, 20]);
    const slot = new Float32Array(size * size);
    const means = [0, 0, 0];
    for (let i = 0; i < 60; i++) {
      data.get(i, slot);
      const paper = slot[0];
      for (let k = 0; k < size; k++) for (const at of [k, (size - 1) * size + k, k * size, k * size + size - 1]) expect(slot[at]).toBe(paper);
      const ink = slot.reduce((far, v) => (Math.abs(v - paper) > Math.abs(far - paper) ? v : far), paper);
      expect(Math.abs(ink - paper)).toBeGreaterThan(0.79);
      means[data.label(i)] += slot.reduce((sum, v) => sum + (v - paper) / (ink - paper), 0) / 20;
    }
    // Radii are uniform on [0.16, 0.28]·size: the mean area of a disc is π·E[r²]; the others are made about as large.
    const wanted = Math.PI * (0.22 ** 2 + 0.12 ** 2 / 12) * size ** 2;
    for (const mean of means) expect(Math.abs(mean / wanted - 1)).toBeLessThan(0.2);
  });

  it('is a function of seed and index, in colour and grey', () => {
    const read = (length: number, seed: number): number[] => {
      const slot = new Float32Array(3 * 16 * 16);
      shapesDataset({ seed, length, size: 16 }).get(4, slot);
      return [...slot];
    };
    expect(read(5, 1)).toEqual(read(50, 1));
    expect(read(5, 1)).not.toEqual(read(5, 2));
    expect(shapesDataset({ seed: 0, length: 3 }).classNames).toEqual(SHAPE_NAMES);
    expect(() => shapesDataset({ seed: 0, length: 3, size: 4 })).toThrow(/size must be an integer from 8/);
  });
});
