import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32 } from '../formats/crc32.ts';
import { loadImageFolder, type ImageFolderOptions } from './image-folder-node.ts';
import { listImageFiles } from './image-files-node.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'noisette-images-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (path: string, bytes: Uint8Array | string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
};
const solid = (width: number, height: number, [r, g, b]: number[]): Sharp => sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
const rawPng = (data: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels } }).toColourspace(channels <= 2 ? 'b-w' : 'srgb').png().toBuffer();

/** The first example's bytes, [channels][pixel]. */
async function first(options: ImageFolderOptions, index = 0): Promise<number[][]> {
  const { dataset } = await loadImageFolder(folder, options);
  const [channels, height, width] = dataset.shape;
  const slot = new Float32Array(channels * height * width);
  dataset.get(index, slot);
  return Array.from({ length: channels }, (_, c) => [...slot.subarray(c * height * width, (c + 1) * height * width)].map((x) => Math.round((x + 1) * 127.5)));
}

describe('how files become pixels', () => {
  it('RGB at its own size is kept exactly', async () => {
    const data = Uint8Array.from({ length: 48 }, (_, i) => (i * 53) % 256);
    put('a.png', await rawPng(data, 4, 4, 3));
    const planes = await first({ size: 4 });
    for (let i = 0; i < 16; i++) for (let c = 0; c < 3; c++) expect(planes[c][i]).toBe(data[3 * i + c]);
  });

  it('colour becomes grey by BT.601, grey stays as it is, grey becomes three equal channels', async () => {
    put('a.png', await rawPng(Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 90), 2, 2, 3));
    expect(await first({ size: 2, channels: 1 })).toEqual([[76, 150, 29, Math.round(0.299 * 10 + 0.587 * 200 + 0.114 * 90)]]);
    const grey = Uint8Array.from({ length: 256 }, (_, i) => i);
    put('a.png', await rawPng(grey, 16, 16, 1));
    expect(await first({ size: 16, channels: 1 })).toEqual([[...grey]]);
    expect(await first({ size: 16 })).toEqual([[...grey], [...grey], [...grey]]);
  });

  it('16 bits keep their upper byte', async () => {
    const data = Uint16Array.from([0, 255, 256, 383, 32768, 65535, 65279, 65280, 1000, 40000, 511, 512]);
    put('a.png', await sharp(data, { raw: { width: 2, height: 2, channels: 3 } }).toColourspace('rgb16').png().toBuffer());
    expect((await sharp(join(folder, 'a.png')).metadata()).depth).toBe('ushort');
    const upper = [...data].map((v) => v >> 8);
    expect(await first({ size: 2 })).toEqual([0, 1, 2].map((c) => [0, 1, 2, 3].map((i) => upper[3 * i + c])));
    const grey = Uint16Array.from([0, 4000, 40000, 65535]);
    put('a.png', await sharp(grey, { raw: { width: 2, height: 2, channels: 1 } }).toColourspace('grey16').png().toBuffer());
    expect(await first({ size: 2, channels: 1 })).toEqual([[0, 15, 156, 255]]);
  });

  it('palettes become their colours', async () => {
    const data = Uint8Array.of(250, 10, 10, 10, 250, 10, 10, 10, 250, 250, 10, 10);
    put('a.png', await sharp(data, { raw: { width: 2, height: 2, channels: 3 } }).png({ palette: true, colours: 4, dither: 0 }).toBuffer());
    expect(readFileSync(join(folder, 'a.png'))[25]).toBe(3); // colour type: palette
    const planes = await first({ size: 2 });
    for (let i = 0; i < 4; i++) for (let c = 0; c < 3; c++) expect(Math.abs(planes[c][i] - data[3 * i + c])).toBeLessThanOrEqual(6);
  });

  it('transparency lies on white, or on the colour given', async () => {
    put('a.png', await rawPng(Uint8Array.of(200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 50, 128, 0, 0, 0, 0), 2, 2, 4));
    expect(await first({ size: 2 })).toEqual([[200, 255, 227, 255], [100, 255, 177, 255], [50, 255, 152, 255]]);
    expect(await first({ size: 2, background: [0, 0, 255] })).toEqual([[200, 0, 100, 0], [100, 0, 50, 0], [50, 255, 152, 255]]);
    put('a.png', await rawPng(Uint8Array.of(100, 255, 100, 0, 100, 128, 0, 0), 2, 2, 2));
    expect(await first({ size: 2, channels: 1 })).toEqual([[100, 255, 177, 255]]);
  });

  it('CMYK and other colour spaces come out as sRGB', async () => {
    put('a.jpg', await solid(8, 8, [200, 30, 60]).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer());
    expect((await sharp(join(folder, 'a.jpg')).metadata()).space).toBe('cmyk');
    const near = (planes: number[][], wanted: number[], tolerance: number): void => planes.forEach((plane, c) => plane.forEach((v) => expect(Math.abs(v - wanted[c])).toBeLessThanOrEqual(tolerance)));
    near(await first({ size: 8 }), [200, 30, 60], 25); // inks cannot show every colour
    put('a.jpg', await solid(8, 8, [200, 30, 60]).withIccProfile('p3').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer());
    expect((await sharp(join(folder, 'a.jpg')).metadata()).hasProfile).toBe(true);
    near(await first({ size: 8 }), [200, 30, 60], 4);
  });

  it('EXIF orientation is applied before anything is cut', async () => {
    // Stored 3×2, to be turned a quarter clockwise: shown 2×3.
    put('a.png', await sharp(Uint8Array.of(1, 2, 3, 4, 5, 6), { raw: { width: 3, height: 2, channels: 1 } }).toColourspace('b-w').withMetadata({ orientation: 6 }).png().toBuffer());
    expect(await first({ size: [3, 2], channels: 1 })).toEqual([[4, 1, 5, 2, 6, 3]]);
    expect(await first({ size: [1, 2], channels: 1, fit: 'crop' })).toEqual([[5, 2]]);
  });

  it('cover keeps proportions and cuts the ends off, stretch does not, crop does not scale', async () => {
    // Left third red, middle green, right blue.
    const data = Uint8Array.from({ length: 30 * 10 * 3 }, (_, i) => (Math.floor((Math.floor(i / 3) % 30) / 10) === i % 3 ? 255 : 0));
    put('a.png', await rawPng(data, 30, 10, 3));
    const at = (planes: number[][], i: number): number[] => planes.map((plane) => plane[i]);
    const near = (got: number[], wanted: number[]): void => got.forEach((v, c) => expect(Math.abs(v - wanted[c])).toBeLessThan(40));
    near(at(await first({ size: 5 }), 12), [0, 255, 0]);
    const stretched = await first({ size: 9, fit: 'stretch' });
    near(at(stretched, 36), [255, 0, 0]);
    near(at(stretched, 44), [0, 0, 255]);
    expect(await first({ size: 10, fit: 'crop' })).toEqual([0, 255, 0].map((v) => Array.from({ length: 100 }, () => v)));
    await expect(first({ size: [10, 31], fit: 'crop' })).rejects.toThrow(/a\.png: image: 30×10 is smaller than 31×10; use fit "cover"/);
  });

  it('reads WebP and JPEG', async () => {
    put('a.webp', await solid(6, 6, [12, 200, 100]).webp({ lossless: true }).toBuffer());
    put('b.JPEG', await solid(6, 6, [128, 128, 128]).jpeg().toBuffer());
    expect((await first({ size: 6 })).map((plane) => plane[0])).toEqual([12, 200, 100]);
    expect((await first({ size: 6 }, 1)).map((plane) => plane[0])).toEqual([128, 128, 128]);
  });
});

describe('files that cannot be read', () => {
  async function badFolder(): Promise<void> {
    const noise = sharp(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255), { raw: { width: 64, height: 64, channels: 3 } });
    const [png, jpeg, webp] = await Promise.all([noise.clone().png().toBuffer(), noise.clone().jpeg().toBuffer(), noise.clone().webp().toBuffer()]);
    const huge = new Uint8Array(png);
    new DataView(huge.buffer).setUint32(16, 200_000);
    new DataView(huge.buffer).setUint32(20, 200_000);
    new DataView(huge.buffer).setUint32(29, crc32(huge, 12, 29));
    put('x/good-1.png', png);
    put('x/cut.png', png.subarray(0, png.length / 2));
    put('x/cut.jpg', jpeg.subarray(0, jpeg.length / 2));
    put('x/cut.webp', webp.subarray(0, webp.length / 2));
    put('y/text.png', 'I am no picture');
    put('y/drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>');
    put('y/empty.jpg', '');
    put('y/huge.png', huge);
    put('y/good-2.jpg', jpeg);
    symlinkSync(join(folder, 'nowhere.png'), join(folder, 'y', 'dangling.png'));
  }

  it('are refused, all named with reasons', async () => {
    await badFolder();
    const error: Error = await loadImageFolder(folder, { size: 64 }).then(() => expect.unreachable(), (e: Error) => e);
    expect(error.message).toMatch(/^image folder: 8 of 10 files in .* cannot be read \(repair or remove them, or skip them with unreadable: "skip"\)/);
    for (const line of [/x\/cut\.jpg: .*premature end/, /x\/cut\.png: .*png/, /x\/cut\.webp: .*webp/, /y\/dangling\.png: ENOENT/, /y\/drawing\.png: .*holds svg, not PNG/, /y\/empty\.jpg: image: the file is empty/, /y\/huge\.png: .*pixel limit/, /y\/text\.png: .*unsupported image format/]) {
      expect(error.message).toMatch(line);
    }
  });

  it('are skipped, counted and named where asked', async () => {
    await badFolder();
    const { dataset, files, unreadable } = await loadImageFolder(folder, { size: 64, unreadable: 'skip' });
    expect(files).toEqual(['x/good-1.png', 'y/good-2.jpg']);
    expect(dataset.length).toBe(2);
    expect([dataset.label(0), dataset.label(1)]).toEqual([0, 1]);
    expect(unreadable.map(({ file }) => file)).toEqual(['x/cut.jpg', 'x/cut.png', 'x/cut.webp', 'y/dangling.png', 'y/drawing.png', 'y/empty.jpg', 'y/huge.png', 'y/text.png']);
    // What was kept is what each file holds.
    const slot = new Float32Array(3 * 64 * 64);
    dataset.get(1, slot);
    const wanted = await sharp(join(folder, 'y/good-2.jpg')).raw().toBuffer();
    expect(Math.round((slot[5] + 1) * 127.5)).toBe(wanted[15]);
  });

  it('a class or a folder of nothing else is an error even so', async () => {
    put('a/bad.png', 'no');
    put('b/good.png', await solid(2, 2, [1, 2, 3]).png().toBuffer());
    await expect(loadImageFolder(folder, { size: 2, unreadable: 'skip' })).rejects.toThrow(/no file of class "a" can be read:\n {2}a\/bad\.png: /);
    rmSync(join(folder, 'b'), { recursive: true });
    await expect(loadImageFolder(folder, { size: 2, unreadable: 'skip' })).rejects.toThrow(/none of the 1 files/);
  });

  it('options are validated, with the valid set', async () => {
    put('a.png', await solid(2, 2, [1, 2, 3]).png().toBuffer());
    await expect(loadImageFolder(folder, { size: 0 })).rejects.toThrow(/size must be positive integers, got 0×0/);
    await expect(loadImageFolder(folder, { size: 2, fit: 'fill' as 'cover' })).rejects.toThrow(/unknown fit "fill"; one of cover, stretch, crop/);
    await expect(loadImageFolder(folder, { size: 1000, maxBytes: 1e6 })).rejects.toThrow(/1 images of 3×1000×1000 take 3 MiB, above the bound of 0; choose a smaller size or raise maxBytes/);
    await expect(loadImageFolder(folder, { size: 2, signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
    const seen: string[] = [];
    await loadImageFolder(folder, { size: 2, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    expect(seen).toEqual(['1/1']);
  });
});

describe('listing', () => {
  it('orders by code units, folder by folder; passes over hidden and other files; nests', async () => {
    for (const path of ['b/z.png', 'b-c/a.png', 'b/10.png', 'b/9.PNG', 'b/sub/q.webp', 'Zed/a.jpeg', 'é/a.jpg', '.git/x.png', 'b/.hidden.png', '__MACOSX/b/z.png', 'b/notes.txt', 'b/Thumbs.db']) put(path, 'x');
    const { files, labels, classNames, otherFiles } = await listImageFiles(folder);
    expect(files).toEqual(['Zed/a.jpeg', 'b/10.png', 'b/9.PNG', 'b/sub/q.webp', 'b/z.png', 'b-c/a.png', 'é/a.jpg']);
    expect(classNames).toEqual(['Zed', 'b', 'b-c', 'é']);
    expect([...labels!]).toEqual([0, 1, 1, 1, 1, 2, 3]);
    expect(otherFiles).toBe(2);
  });

  it('without subfolders there are no classes', async () => {
    put('b.png', 'x');
    put('a.png', 'x');
    expect(await listImageFiles(folder)).toEqual({ files: ['a.png', 'b.png'], otherFiles: 0 });
  });

  it('follows links but survives loops', async () => {
    put('a/one.png', 'x');
    symlinkSync(folder, join(folder, 'a', 'loop'));
    symlinkSync('.', join(folder, 'a', 'self'));
    symlinkSync(join(folder, 'a', 'one.png'), join(folder, 'a', 'two.png'));
    mkdirSync(join(folder, 'b'));
    symlinkSync(join(folder, 'a'), join(folder, 'b', 'other'));
    expect((await listImageFiles(folder)).files).toEqual(['a/one.png', 'a/two.png', 'b/other/one.png', 'b/other/two.png']);
  });

  it('says what is wrong with a folder', async () => {
    await expect(listImageFiles(join(folder, 'none'))).rejects.toThrow(/cannot read .*none \(ENOENT\)/);
    put('notes.txt', 'x');
    await expect(listImageFiles(join(folder, 'notes.txt'))).rejects.toThrow(/is a file; give the folder/);
    await expect(listImageFiles(folder)).rejects.toThrow(/holds no \.png, \.jpg, \.jpeg or \.webp files \(1 others\)/);
    put('loose.png', 'x');
    put('cats/a.png', 'x');
    await expect(listImageFiles(folder)).rejects.toThrow(/has 1 images beside its subfolders \(loose\.png\); move them/);
  });
});
