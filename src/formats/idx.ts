/**
 * IDX files, the format of MNIST and its kin:
 *
 *   0x00 0x00 type rank ‖ rank sizes, u32 big-endian ‖ elements, big-endian, row-major
 *
 * types: 0x08 u8, 0x09 i8, 0x0B i16, 0x0C i32, 0x0D f32, 0x0E f64. Source: Y. LeCun, "The MNIST database", section "the IDX file format".
 * Gzipped files are recognised by their first bytes and unpacked.
 */
import { check } from '../core/errors.ts';
import { showShape, type Shape } from '../core/shape.ts';
import { gunzip, isGzip } from './inflate.ts';

const TYPES = {
  0x08: { name: 'uint8', bytes: 1 },
  0x09: { name: 'int8', bytes: 1 },
  0x0b: { name: 'int16', bytes: 2 },
  0x0c: { name: 'int32', bytes: 4 },
  0x0d: { name: 'float32', bytes: 4 },
  0x0e: { name: 'float64', bytes: 8 },
} as const;

/** The array that holds each element type. */
export interface IdxArrays {
  uint8: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
}
export type IdxArray = { [T in keyof IdxArrays]: { readonly type: T; readonly shape: Shape; readonly data: IdxArrays[T] } }[keyof IdxArrays];

/**
 * Reads an IDX file. One-byte elements are a view over the (unpacked) bytes, wider ones are copied into the machine's byte order.
 * @param where what errors call the file.
 * @throws NoisetteError with the offset and what was expected: wrong magic, unknown type, too short, too long.
 */
export function readIdx(file: Uint8Array<ArrayBuffer>, where = 'idx'): IdxArray {
  const bytes = isGzip(file) ? gunzip(file, where) : file;
  check(bytes.length >= 4, where, `an IDX file starts with 4 bytes of magic, but it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hex = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
  check(bytes[0] === 0 && bytes[1] === 0, where, `offset 0: an IDX file starts with 00 00, a type and a rank, but this one with ${hex}`);
  const type = TYPES[bytes[2] as keyof typeof TYPES];
  check(type, where, () => `offset 2: unknown element type in ${hex}; one of ${Object.entries(TYPES).map(([code, t]) => `${Number(code).toString(16).padStart(2, '0')} (${t.name})`).join(', ')}`);
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  check(bytes.length >= start, where, `offset 4: ${rank} sizes take ${4 * rank} bytes but only ${bytes.length - 4} are left; the file is cut off`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  // Up to 255 sizes of 32 bits: in floating point the product may round or become infinite, but never small.
  const expected = shape.reduce((product, d) => product * d, type.bytes);
  check(
    bytes.length - start === expected,
    where,
    () => `offset ${start}: ${type.name} ${showShape(shape)} takes ${expected} bytes but ${bytes.length - start} follow; the file is ${bytes.length - start < expected ? 'cut off' : 'too long'} or its sizes are wrong`,
  );
  const length = expected / type.bytes;
  const swap = <T extends { [index: number]: number }>(out: T, read: (at: number) => number): T => {
    for (let i = 0; i < length; i++) out[i] = read(start + i * type.bytes);
    return out;
  };
  const at = bytes.byteOffset + start;
  switch (type.name) {
    case 'uint8': return { type: type.name, shape, data: new Uint8Array(bytes.buffer, at, length) };
    case 'int8': return { type: type.name, shape, data: new Int8Array(bytes.buffer, at, length) };
    case 'int16': return { type: type.name, shape, data: swap(new Int16Array(length), (i) => view.getInt16(i)) };
    case 'int32': return { type: type.name, shape, data: swap(new Int32Array(length), (i) => view.getInt32(i)) };
    case 'float32': return { type: type.name, shape, data: swap(new Float32Array(length), (i) => view.getFloat32(i)) };
    case 'float64': return { type: type.name, shape, data: swap(new Float64Array(length), (i) => view.getFloat64(i)) };
  }
}
