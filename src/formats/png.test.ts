import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import type { Picture } from './picture.ts';
import { joinPngChunks } from './png-chunks.ts';
import { decodePng, encodePng, readPngText } from './png.ts';

/** Smooth in parts, noisy in parts, so that every row filter is chosen somewhere. */
function testPicture(width: number, height: number, channels: 1 | 3): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const y = Math.floor(i / (width * channels));
    const x = Math.floor(i / channels) % width;
    data[i] = y % 5 === 0 ? x * 3 : y % 5 === 1 ? y * 4 : y % 5 === 2 ? (x * x * 31 + y * 17 + i) % 251 : y % 5 === 3 ? x + y : 40;
  }
  return { width, height, channels, data };
}
const fixed = (bytes: Uint8Array): Uint8Array => {
  // Repairs every checksum after a deliberate change.
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    view.setUint32(at + 8 + length, crc32(bytes, at + 4, at + 8 + length));
    at += 12 + length;
  }
  return bytes;
};

describe('png', () => {
  it.each([[1, 1, 1], [7, 5, 1], [33, 40, 3], [64, 1, 3]] as const)('what is written reads back, by us and by libvips: %i×%i×%i', async (width, height, channels) => {
    const picture = testPicture(width, height, channels);
    const png = encodePng(picture);
    expect(decodePng(png).picture).toEqual(picture);
    const { data, info } = await sharp(png).toColourspace(channels === 1 ? 'b-w' : 'srgb').raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([width, height, channels]);
    expect(new Uint8Array(data)).toEqual(picture.data);
  });

  it('gives the same bytes for the same input', () => {
    expect(encodePng(testPicture(20, 20, 3), { a: 'b' })).toEqual(encodePng(testPicture(20, 20, 3), { a: 'b' }));
  });

  it('carries text: Latin-1, any Unicode, long, empty; libvips finds it too', async () => {
    const text = { Software: 'Noisette', 'noisette:class': 'café', json: JSON.stringify({ a: [1, 'x'.repeat(20_000)] }), title: '数字 ✓ 🌰', empty: '' };
    const png = encodePng(testPicture(3, 3, 1), text);
    expect(Object.fromEntries(readPngText(png))).toEqual(text);
    expect(Object.fromEntries(decodePng(png).text)).toEqual(text);
    const { comments } = await sharp(png).metadata();
    expect(Object.fromEntries(comments!.map((c) => [c.keyword, c.text]))).toMatchObject({ Software: 'Noisette', json: text.json });
    expect(() => encodePng(testPicture(1, 1, 1), { ['x'.repeat(80)]: '' })).toThrow(/keyword must be 1 to 79/);
    expect(() => encodePng(testPicture(1, 1, 1), { a: 'b\0' })).toThrow(/must not contain NUL/);
  });

  it('reads compressed texts, within bounds', () => {
    const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
    const file = (type: string, ...data: Uint8Array[]): Uint8Array => joinPngChunks([{ type, data: new Uint8Array(Buffer.concat(data)) }, { type: 'IEND', data: new Uint8Array(0) }]);
    expect(readPngText(file('zTXt', latin('k\0\0'), deflateSync(latin('café')))).get('k')).toBe('café');
    expect(readPngText(file('iTXt', latin('k\0\x01\0de\0K\0'), deflateSync(Buffer.from('数字')))).get('k')).toBe('数字');
    expect(() => readPngText(file('zTXt', latin('k\0\0'), deflateSync(new Uint8Array(2 ** 24 + 1))), 'f')).toThrow(/f: compressed text is longer than 16777216 bytes/);
    expect(() => readPngText(file('zTXt', latin('k\0\0junk')), 'f')).toThrow(/f: compressed text is damaged/);
    expect(() => readPngText(file('tEXt', latin('nozero')), 'f')).toThrow(/lacks the zero byte after its keyword/);
  });

  it('reads the colour types and depths that libvips writes', async () => {
    const rgb = testPicture(19, 13, 3);
    const base = sharp(rgb.data, { raw: { width: 19, height: 13, channels: 3 } });
    const deep = new Uint8Array(await base.clone().toColourspace('rgb16').png().toBuffer());
    expect(deep[24]).toBe(16);
    expect(decodePng(deep).picture).toEqual(rgb);
    for (const colours of [2, 4, 16, 200]) {
      const png = new Uint8Array(await base.clone().png({ palette: true, colours, dither: 0 }).toBuffer());
      expect(png[25]).toBe(3);
      expect(decodePng(png).picture.data).toEqual(new Uint8Array(await sharp(png).removeAlpha().raw().toBuffer()));
    }
    const withAlpha = new Uint8Array(await base.clone().ensureAlpha(0.25).png().toBuffer());
    const decoded = decodePng(withAlpha);
    expect(decoded.picture).toEqual(rgb);
    expect(decoded.alpha!.every((a) => a === 64 || a === 63)).toBe(true);
    const grey = new Uint8Array(await base.clone().greyscale().toColourspace('b-w').png().toBuffer());
    expect(decodePng(grey).picture.data).toEqual(new Uint8Array(await sharp(grey).toColourspace('b-w').raw().toBuffer()));
    await expect(base.clone().png({ progressive: true }).toBuffer().then((b) => decodePng(new Uint8Array(b)))).rejects.toThrow(/interlaced, which is not supported/);
  });

  const png = encodePng(testPicture(9, 9, 3), { key: 'text' });
  const patched = (at: number, ...values: number[]): Uint8Array => {
    const out = new Uint8Array(png);
    out.set(values, at);
    return out;
  };
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /p\.png: offset 0: not a PNG file \(0 bytes/],
    ['text', new TextEncoder().encode('hello, this is text'), /offset 0: not a PNG file/],
    ['a wrong checksum', patched(20, 1), /offset 8: the checksum of chunk "IHDR" is wrong/],
    ['a chunk length of 4 GB', patched(8, 255, 255, 255, 255), /offset 8: chunk "IHDR" claims 4294967295 bytes but/],
    ['a size of 2 billion squared', fixed(patched(16, 0x7f, 255, 255, 255, 0x7f, 255, 255, 255)), /claims \d+ bytes of content out of \d+ compressed ones/],
    ['a size of zero', fixed(patched(16, 0, 0, 0, 0)), /size 0×9 is not valid/],
    ['a size too small', fixed(patched(20, 0, 0, 0, 8)), /the compressed data holds more/],
    ['a size too large', fixed(patched(20, 0, 0, 0, 12)), /336 bytes of content expected, but the compressed data holds only 252/],
    ['a colour type that does not exist', fixed(patched(25, 5)), /colour type 5 with 8 bits does not exist/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodePng(bytes, 'p.png')).toThrow(message);
  });

  it('refuses every truncation', () => {
    for (let n = 0; n < png.length; n++) expect(() => decodePng(png.slice(0, n), 'p.png'), `${n}`).toThrow(/^p\.png: /);
  });
});
