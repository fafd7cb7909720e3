import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readIdx } from './idx.ts';

/** An IDX file out of big-endian elements made by `set`. */
function idx(code: number, shape: number[], bytesEach: number, values: number[], set: (view: DataView, at: number, value: number) => void): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * shape.length;
  const out = new Uint8Array(start + values.length * bytesEach);
  const view = new DataView(out.buffer);
  out.set([0, 0, code, shape.length]);
  shape.forEach((d, i) => view.setUint32(4 + 4 * i, d));
  values.forEach((value, i) => set(view, start + i * bytesEach, value));
  return out;
}
const bytes = idx(0x08, [2, 3], 1, [0, 1, 2, 3, 128, 255], (v, at, x) => v.setUint8(at, x));

describe('readIdx', () => {
  it('reads every element type, big-endian', () => {
    expect(readIdx(bytes)).toEqual({ type: 'uint8', shape: [2, 3], data: Uint8Array.of(0, 1, 2, 3, 128, 255) });
    expect(readIdx(idx(0x09, [2], 1, [-128, 127], (v, at, x) => v.setInt8(at, x))).data).toEqual(Int8Array.of(-128, 127));
    expect(readIdx(idx(0x0b, [2], 2, [-300, 32767], (v, at, x) => v.setInt16(at, x))).data).toEqual(Int16Array.of(-300, 32767));
    expect(readIdx(idx(0x0c, [1, 2], 4, [-70000, 5], (v, at, x) => v.setInt32(at, x))).data).toEqual(Int32Array.of(-70000, 5));
    expect(readIdx(idx(0x0d, [2], 4, [1.5, -2.25], (v, at, x) => v.setFloat32(at, x))).data).toEqual(Float32Array.of(1.5, -2.25));
    expect(readIdx(idx(0x0e, [1], 8, [Math.PI], (v, at, x) => v.setFloat64(at, x))).data).toEqual(Float64Array.of(Math.PI));
    expect(readIdx(idx(0x08, [], 1, [7], (v, at, x) => v.setUint8(at, x)))).toEqual({ type: 'uint8', shape: [], data: Uint8Array.of(7) });
    expect(readIdx(idx(0x08, [0, 28, 28], 1, [], () => {})).data.length).toBe(0);
  });

  it('views one-byte elements of an offset buffer and unpacks gzip', () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const read = readIdx(shifted.subarray(3));
    expect(read.data.buffer).toBe(shifted.buffer);
    expect(readIdx(new Uint8Array(gzipSync(bytes)))).toEqual(read);
  });

  const zipped = new Uint8Array(gzipSync(bytes));
  const patched = (source: Uint8Array, at: number, ...values: number[]): Uint8Array<ArrayBuffer> => {
    const out = new Uint8Array(source);
    out.set(values, at < 0 ? out.length + at : at);
    return out;
  };
  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['an empty file', new Uint8Array(0), /f: an IDX file starts with 4 bytes of magic, but it has 0/],
    ['another format', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0), /offset 0: .*but this one with 89 50 4e 47/],
    ['an unknown type', patched(bytes, 2, 0x0a), /offset 2: unknown element type.*one of 08 \(uint8\)/],
    ['a cut-off list of sizes', patched(bytes, 3, 200).slice(0, 20), /offset 4: 200 sizes take 800 bytes but only 14/],
    ['sizes that lie by terabytes', patched(bytes, 4, 255, 255, 255, 255), /offset 12: uint8 \[4294967295, 3\] takes 12884901885 bytes but 6 follow/],
    ['sizes whose product overflows', idx(0x0e, Array.from({ length: 255 }, () => 0xffffffff), 8, [], () => {}), /takes Infinity bytes but 0 follow/],
    ['a surplus', Uint8Array.of(...bytes, 0), /too long or its sizes are wrong/],
    ['a gzip size that lies', patched(zipped, -4, 0xff, 0xff, 0xff, 0xff), /claims 4294967295 bytes of content out of \d+ compressed/],
    ['a gzip size that is too small', patched(zipped, -4, 5), /5 bytes of content expected, but the compressed data holds more/],
    ['a gzip checksum that lies', patched(zipped, -8, 1, 2, 3), /checksum of the unpacked content is wrong/],
    ['a damaged gzip stream', patched(zipped, 12, 0xff, 0xff), /f: /],
  ])('refuses %s', (_, file, message) => {
    expect(() => readIdx(file, 'f')).toThrow(message);
  });

  it('refuses every truncation, packed or not', () => {
    for (const source of [bytes, zipped]) for (let n = 0; n < source.length; n++) expect(() => readIdx(source.slice(0, n), 'f'), `${n}`).toThrow(/^f: /);
  });
});
