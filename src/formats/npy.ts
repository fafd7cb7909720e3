/**
 * NumPy's array files:
 *
 *   0x93 "NUMPY" major minor ‖ header length (u16, from version 2 u32, little-endian) ‖ Python dict { descr, fortran_order, shape } ‖ elements
 *
 * Read: versions 1 to 3, both byte orders, both memory orders (the result is row-major). Written: version 1, little-endian, row-major.
 * Source: NumPy enhancement proposal 1, "A simple file format for NumPy arrays", and its successors in numpy.lib.format.
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf, type Shape } from '../core/shape.ts';
import { float16ToFloat32 } from './half.ts';

/** NumPy's kind and size → what holds it. Half floats become float32 when read. */
const KINDS = {
  b1: { bytes: 1, array: Uint8Array }, u1: { bytes: 1, array: Uint8Array }, i1: { bytes: 1, array: Int8Array },
  u2: { bytes: 2, array: Uint16Array }, i2: { bytes: 2, array: Int16Array }, f2: { bytes: 2, array: Uint16Array },
  u4: { bytes: 4, array: Uint32Array }, i4: { bytes: 4, array: Int32Array }, f4: { bytes: 4, array: Float32Array },
  u8: { bytes: 8, array: BigUint64Array }, i8: { bytes: 8, array: BigInt64Array }, f8: { bytes: 8, array: Float64Array },
} as const;
export type NpyKind = keyof typeof KINDS;
export type NpyData =
  | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | BigUint64Array | BigInt64Array | Float32Array | Float64Array;

export interface NpyArray {
  /** As stored in the file: `f4` is float32, `b1` bool, `f2` float16 (whose data is read as float32). */
  readonly kind: NpyKind;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: NpyData;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

function parseHeader(text: string, where: string): { kind: NpyKind; bigEndian: boolean; fortran: boolean; shape: number[] } {
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=])(\w+)['"]/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  check(descr && order && shape, where, () => `the header must name descr, fortran_order and shape of a plain array, got ${JSON.stringify(text.slice(0, 120))}`);
  check(Object.hasOwn(KINDS, descr[2]), where, `unknown element type ${JSON.stringify(descr[2])}; one of ${Object.keys(KINDS).join(', ')}`);
  const sizes = shape[1].split(',').map((size) => size.replace('L', '').trim()).filter((size) => size !== '').map(Number);
  check(sizes.every(Number.isSafeInteger), where, `shape (${shape[1]}) has sizes out of range`);
  return { kind: descr[2] as NpyKind, bigEndian: descr[1] === '>', fortran: order[1] === 'True', shape: sizes };
}

/** Column-major elements into row-major order. */
function transpose<A extends NpyData>(data: A, shape: Shape): A {
  const out = data.slice() as A;
  const index = Array.from(shape, () => 0);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis] + index[axis];
    out[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/**
 * Reads an NPY file. Nothing is allocated before the claimed shape is known to fill the file exactly. Arrays of Python objects and
 * structured arrays are refused.
 * @param where what errors call the file.
 */
export function readNpy(bytes: Uint8Array<ArrayBuffer>, where = 'npy'): NpyArray {
  check(bytes.length >= 10 && MAGIC.every((b, i) => bytes[i] === b), where, `offset 0: not an NPY file (${bytes.length} bytes)`);
  const version = bytes[6];
  check(version >= 1 && version <= 3, where, `offset 6: version ${version} is unknown; 1 to 3 can be read`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerStart = version === 1 ? 10 : 12;
  check(bytes.length >= headerStart, where, 'the file is cut off in its header');
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + headerLength;
  check(start <= bytes.length, where, `offset 8: the header claims ${headerLength} bytes but ${bytes.length - headerStart} are left; the file is cut off`);
  const { kind, bigEndian, fortran, shape } = parseHeader(new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(headerStart, start)), where);
  const { bytes: size, array } = KINDS[kind];
  const expected = shape.reduce((product, d) => product * d, size);
  check(bytes.length - start === expected, where, () => `offset ${start}: ${kind} ${showShape(shape)} takes ${expected} bytes but ${bytes.length - start} follow; the file is ${bytes.length - start < expected ? 'cut off' : 'too long'}`);
  const body = bytes.slice(start);
  if (bigEndian && size > 1) for (let i = 0; i < body.length; i += size) body.subarray(i, i + size).reverse();
  let data: NpyData = new array(body.buffer);
  if (kind === 'f2') data = float16ToFloat32(data as Uint16Array);
  return { kind, shape, data: fortran && shape.length > 1 ? transpose(data, shape) : data };
}

const KIND_OF_ARRAY: Readonly<Record<string, NpyKind>> = {
  Uint8Array: 'u1', Int8Array: 'i1', Uint16Array: 'u2', Int16Array: 'i2', Uint32Array: 'u4', Int32Array: 'i4',
  BigUint64Array: 'u8', BigInt64Array: 'i8', Float32Array: 'f4', Float64Array: 'f8',
};

/** Writes row-major elements as an NPY file of version 1; the type is that of `data`. Throws when the shape does not match. */
export function writeNpy(data: NpyData, shape: Shape = [data.length]): Uint8Array<ArrayBuffer> {
  check(data.length === sizeOf(shape), 'writeNpy', () => `shape ${showShape(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`);
  const kind = KIND_OF_ARRAY[data.constructor.name];
  check(kind, 'writeNpy', () => `cannot write a ${data.constructor.name}; one of ${Object.keys(KIND_OF_ARRAY).join(', ')}`);
  const descr = `${KINDS[kind].bytes === 1 ? '|' : '<'}${kind}`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // The elements start at a multiple of 64, and the header ends in a newline.
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(length - 11)}\n`;
  const out = new Uint8Array(length + data.byteLength);
  out.set(MAGIC);
  out.set([1, 0, header.length & 255, header.length >> 8], 6);
  for (let i = 0; i < header.length; i++) out[10 + i] = header.charCodeAt(i);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return out;
}
