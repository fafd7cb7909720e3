import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodeGif } from './gif.ts';
import { canvas, fillRectangle, place, type Picture } from './picture.ts';

const grey = (width: number, height: number, value: (i: number) => number): Picture => ({ width, height, channels: 1, data: Uint8Array.from({ length: width * height }, (_, i) => value(i)) });

/** All frames below each other as RGB, decoded by libvips; with what the file says of time. */
async function decode(gif: Uint8Array): Promise<{ rgb: Uint8Array; pages: number; delay: number[]; loop: number | undefined }> {
  const image = sharp(gif, { animated: true });
  const { pages = 1, delay = [], loop } = await image.metadata();
  return { rgb: new Uint8Array(await image.removeAlpha().toColourspace('srgb').raw().toBuffer()), pages, delay, loop };
}
const rgbOf = (pictures: readonly Picture[]): number[] => pictures.flatMap(({ channels, data }) => (channels === 3 ? [...data] : [...data].flatMap((v) => [v, v, v])));

describe('encodeGif', () => {
  it('keeps all 256 greys, delays and loops exactly', async () => {
    const pictures = [grey(32, 16, (i) => i % 256), grey(32, 16, (i) => 255 - (i % 256)), grey(32, 16, (i) => (i * 37) % 256)];
    const { rgb, pages, delay, loop } = await decode(encodeGif(pictures.map((picture, i) => ({ picture, delay: 40 * (i + 1) }))));
    expect(pages).toBe(3);
    expect(delay).toEqual([40, 80, 120]);
    expect(loop).toBe(0);
    expect([...rgb]).toEqual(rgbOf(pictures));
    expect((await decode(encodeGif(pictures.map((picture) => ({ picture })), { loop: 3 }))).loop).toBe(3);
    expect((await decode(encodeGif(pictures.map((picture) => ({ picture })), { loop: 1 }))).loop ?? 1).toBe(1);
  });

  it('keeps up to 256 colours exactly', async () => {
    const picture: Picture = { width: 16, height: 16, channels: 3, data: Uint8Array.from({ length: 768 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) : (i * 7) % 256)) };
    expect([...(await decode(encodeGif([{ picture }]))).rgb]).toEqual([...picture.data]);
  });

  it('all greys and a few accents: accents exact, greys within one level', async () => {
    const picture = canvas(40, 40, [22, 24, 30]);
    place(picture, grey(32, 32, (i) => (i * 5) % 256), 4, 0);
    fillRectangle(picture, 0, 36, 20, 2, [242, 166, 84]);
    const { rgb } = await decode(encodeGif([{ picture }]));
    let worst = 0;
    for (let i = 0; i < 1600; i++) {
      const [r, g, b] = picture.data.subarray(3 * i, 3 * i + 3);
      const error = Math.max(...[r, g, b].map((v, c) => Math.abs(v - rgb[3 * i + c])));
      if (r !== g || g !== b) expect(error).toBe(0);
      else worst = Math.max(worst, error);
    }
    expect(worst).toBe(1);
  });

  it('quantises many colours: near in the mean, also when colours differ between frames', async () => {
    const ramp = (blue: number): Picture => ({ width: 64, height: 64, channels: 3, data: Uint8Array.from({ length: 3 * 4096 }, (_, i) => [4 * (Math.floor(i / 3) % 64), 4 * Math.floor(i / 192), blue][i % 3]) });
    const pictures = [ramp(0), ramp(255)];
    const { rgb } = await decode(encodeGif(pictures.map((picture) => ({ picture }))));
    const wanted = rgbOf(pictures);
    const squares = wanted.reduce((sum, v, i) => sum + (v - rgb[i]) ** 2, 0) / wanted.length;
    // 256 colours on two 256×256 squares leave cells of 22.6 levels: a uniform error of 22.6²/12 in two of three channels.
    expect(Math.sqrt(squares)).toBeLessThan(8);
  });

  it('fewer colours make noise smaller', () => {
    const noise = grey(64, 64, (i) => (Math.imul(i + 1, 2654435761) >>> 11) & 255);
    expect(encodeGif([{ picture: noise }], { colors: 16 }).length).toBeLessThan(0.7 * encodeGif([{ picture: noise }]).length);
  });

  it('gives the same bytes for the same input, and refuses what does not fit', () => {
    const picture = grey(5, 4, (i) => i);
    expect(encodeGif([{ picture }])).toEqual(encodeGif([{ picture }]));
    expect(() => encodeGif([])).toThrow(/there are no frames/);
    expect(() => encodeGif([{ picture }, { picture: grey(4, 5, () => 0) }])).toThrow(/frame 1 is 4×5 but the first is 5×4/);
    expect(() => encodeGif([{ picture, delay: -1 }])).toThrow(/delay must be 0 to 655350/);
    expect(() => encodeGif([{ picture }], { loop: -2 })).toThrow(/loop must be/);
    expect(() => encodeGif([{ picture }], { colors: 1 })).toThrow(/colors must be/);
  });
});
