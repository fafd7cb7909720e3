import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy, type NpyData } from './npy.ts';
import { readNpz, writeNpz } from './npz.ts';
import { writeZip } from './zip.ts';

/** An NPY file of any header, as NumPy would lay it out. */
function npy(dict: string, body: ArrayBufferView, version = 1): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(`${dict}\n`);
  const lengthBytes = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...lengthBytes, ...header, ...new Uint8Array(body.buffer, body.byteOffset, body.byteLength)]);
}
const dict = (descr: string, shape: string, fortran = 'False'): string => `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('npy', () => {
  it.each<[string, NpyData]>([
    ['f4', Float32Array.of(1.5, -0, NaN, Infinity, 0, 1)],
    ['f8', Float64Array.of(Math.PI, 1e300, -1, 2, 3, 4)],
    ['i4', Int32Array.of(-1, 2 ** 31 - 1, 0, 1, 2, 3)],
    ['i8', BigInt64Array.of(-(2n ** 63n), 1n, 2n, 3n, 4n, 5n)],
    ['u8', BigUint64Array.of(2n ** 64n - 1n, 1n, 2n, 3n, 4n, 5n)],
    ['u4', Uint32Array.of(2 ** 32 - 1, 1, 2, 3, 4, 5)],
    ['i2', Int16Array.of(-300, 1, 2, 3, 4, 5)],
    ['u2', Uint16Array.of(65535, 1, 2, 3, 4, 5)],
    ['i1', Int8Array.of(-128, 1, 2, 3, 4, 5)],
    ['u1', Uint8Array.of(255, 1, 2, 3, 4, 5)],
  ])('writes and reads %s', (kind, data) => {
    const bytes = writeNpy(data, [2, 3]);
    expect(readNpy(bytes)).toEqual({ kind, shape: [2, 3], data });
    // The elements start at a multiple of 64.
    expect((bytes.length - data.byteLength) % 64).toBe(0);
  });

  it('writes exactly what NumPy writes', () => {
    // numpy.save of numpy.array([1, 2], '<f4'), NumPy 1.24, as documented in numpy.lib.format: the header padded to 128 bytes or 64.
    const text = String.fromCharCode(...writeNpy(Float32Array.of(1, 2)).subarray(10, 128));
    expect(text).toBe(`{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }`.padEnd(117) + '\n');
    expect(readNpy(writeNpy(Float64Array.of(7), []))).toMatchObject({ shape: [] });
    expect(readNpy(writeNpy(new Int32Array(0), [0, 5])).data.length).toBe(0);
  });

  it('reads the other byte order, memory order, versions, halves and bools', () => {
    expect(readNpy(npy(dict('>i4', '(2,)'), Uint8Array.of(0, 0, 0, 5, 255, 255, 255, 254))).data).toEqual(Int32Array.of(5, -2));
    // [[1, 2, 3], [4, 5, 6]] by columns; and a cube: element (i, j, k) = 100i + 10j + k
    expect([...(readNpy(npy(dict('<f4', '(2, 3)', 'True'), Float32Array.of(1, 4, 2, 5, 3, 6))).data as Float32Array)]).toEqual([1, 2, 3, 4, 5, 6]);
    const cube = Int16Array.from({ length: 24 }, (_, n) => 100 * (n % 2) + 10 * (Math.floor(n / 2) % 3) + Math.floor(n / 6));
    const read = readNpy(npy(dict('<i2', '(2, 3, 4)', 'True'), cube)).data as Int16Array;
    read.forEach((v, n) => expect(v).toBe(100 * Math.floor(n / 12) + 10 * (Math.floor(n / 4) % 3) + (n % 4)));
    expect(readNpy(npy(dict('<f2', '(2,)'), Uint16Array.of(0x3c00, 0xc100), 2)).data).toEqual(Float32Array.of(1, -2.5));
    expect(readNpy(npy(dict('|b1', '(3,)'), Uint8Array.of(1, 0, 1), 3)).kind).toBe('b1');
  });

  const good = writeNpy(Float32Array.of(1, 2, 3));
  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['no NPY file', new TextEncoder().encode('hello world, hello'), /f: offset 0: not an NPY file/],
    ['an unknown version', npy(dict('<f4', '(0,)'), new Uint8Array(0), 9), /version 9 is unknown/],
    ['a header longer than the file', Uint8Array.from(good).fill(255, 8, 10), /header claims 65535 bytes but/],
    ['Python objects', npy(dict('|O', '(1,)'), new Uint8Array(8)), /unknown element type "O"; one of b1/],
    ['structured arrays', npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }`, new Uint8Array(4)), /of a plain array/],
    ['a shape of terabytes', npy(dict('<f8', '(1000000000000,)'), new Uint8Array(8)), /takes 8000000000000 bytes but 8 follow; the file is cut off/],
    ['a shape that overflows', npy(dict('<f8', '(9007199254740991, 9007199254740991)'), new Uint8Array(8)), /takes .* bytes but 8 follow/],
    ['surplus bytes', npy(dict('<f4', '(1,)'), new Uint8Array(8)), /too long/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'f')).toThrow(message);
  });

  it('refuses every truncation', () => {
    for (let n = 0; n < good.length; n++) expect(() => readNpy(good.slice(0, n), 'f'), `${n}`).toThrow(/^f: /);
    expect(() => writeNpy(Float32Array.of(1), [2])).toThrow(/shape \[2\] needs 2 elements, got 1/);
  });
});

describe('npz', () => {
  const arrays = { mu: { data: Float64Array.from({ length: 500 }, (_, i) => i % 7), shape: [500] }, 'a/b': { data: Int32Array.of(1, 2), shape: [1, 2] } };

  it('writes and reads, stored and compressed, the same bytes each time', () => {
    for (const compress of [false, true]) {
      const bytes = writeNpz(arrays, { compress });
      const read = readNpz(bytes);
      expect([...read.keys()]).toEqual(['mu', 'a/b']);
      expect(read.get('mu')!.data).toEqual(arrays.mu.data);
      expect(read.get('a/b')).toEqual({ kind: 'i4', ...arrays['a/b'] });
      expect(writeNpz(arrays, { compress })).toEqual(bytes);
    }
    expect(writeNpz(arrays, { compress: true }).length).toBeLessThan(writeNpz(arrays).length / 4);
  });

  it('passes over other members; names the damaged one', () => {
    expect([...readNpz(writeZip({ 'readme.txt': new Uint8Array(3), 'x.npy': writeNpy(Float32Array.of(1)) })).keys()]).toEqual(['x']);
    expect(() => readNpz(writeZip({ 'x.npy': new Uint8Array(20) }), 'f.npz')).toThrow(/f\.npz: x\.npy: offset 0: not an NPY file/);
  });

  it('refuses every truncation, and every change of a byte of content', () => {
    for (const compress of [false, true]) {
      const bytes = writeNpz({ x: { data: Float32Array.of(1, 2, 3), shape: [3] } }, { compress });
      for (let n = 0; n < bytes.length; n++) expect(() => readNpz(bytes.slice(0, n), 'f'), `${n}`).toThrow(/^f/);
    }
    const bytes = writeNpz({ x: { data: Float32Array.of(1, 2, 3), shape: [3] } });
    const at = bytes.length - 22 - (46 + 5) - 12; // the elements
    for (let k = 0; k < 12; k++) {
      const changed = bytes.slice();
      changed[at + k] ^= 1;
      expect(() => readNpz(changed, 'f')).toThrow(/f: x\.npy: the checksum of the content is wrong/);
    }
  });

  it('refuses sizes that lie, before allocating', () => {
    const bytes = writeNpz({ x: { data: new Float32Array(1000), shape: [1000] } }, { compress: true });
    const directory = new DataView(bytes.buffer).getUint32(bytes.length - 22 + 16, true);
    const huge = bytes.slice();
    new DataView(huge.buffer).setUint32(directory + 24, 0xfffffff0, true);
    expect(() => readNpz(huge, 'f')).toThrow(/claims 4294967280 bytes of content out of \d+ compressed ones/);
    const many = bytes.slice();
    new DataView(many.buffer).setUint16(bytes.length - 22 + 10, 60_000, true);
    expect(() => readNpz(many, 'f')).toThrow(/entry 1 of 60000 of the central directory expected/);
  });
});
