/**
 * safetensors files: lazy views over the bytes of a file, and a writer that streams views without a second copy.
 * The header's layout and its checks are in `safetensors-header.ts`; the format is little-endian, as is every machine that runs
 * JavaScript today (checked once below).
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf, type Shape } from '../core/shape.ts';
import type { AnyTensor, Tensor } from '../core/tensor.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts';
import { parseSafetensorsHeader, SAFETENSORS_BYTES, type SafetensorsDtype, type SafetensorsEntry } from './safetensors-header.ts';

export type { SafetensorsDtype, SafetensorsEntry } from './safetensors-header.ts';

/** What holds the elements of each dtype: F16 and BF16 travel as their bit patterns, BOOL as bytes 0 and 1. */
const ARRAYS = {
  BOOL: Uint8Array, U8: Uint8Array, I8: Int8Array, I16: Int16Array, U16: Uint16Array, F16: Uint16Array, BF16: Uint16Array,
  I32: Int32Array, U32: Uint32Array, F32: Float32Array, I64: BigInt64Array, U64: BigUint64Array, F64: Float64Array,
} as const;
export type SafetensorsArray =
  | Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | BigInt64Array | BigUint64Array | Float64Array;

/** A safetensors file in memory. Nothing is decoded until it is asked for. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** The elements as stored: a view over the file's bytes where their offset is aligned, else a copy. */
  raw(name: string): SafetensorsArray;
  /** F32, F16, BF16 or F64 as a float32 tensor; a view only for aligned F32. Refuses integers. */
  float32(name: string): Tensor;
  /** As float32 for the four float dtypes; I32, I64, U8 and BOOL as themselves. Refuses the other integers (use raw). */
  tensor(name: string): AnyTensor;
}

/** One tensor to write. `data` must be of the array type that the dtype has in memory (F16, BF16: Uint16Array of bit patterns). */
export interface NamedArray {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  readonly data: SafetensorsArray;
}

const DTYPE_OF = { float32: 'F32', int32: 'I32', int64: 'I64', uint8: 'U8', bool: 'BOOL' } as const;

/** Names a tensor for {@link safetensorsChunks}; shares its data. */
export const namedArray = (name: string, tensor: AnyTensor): NamedArray => ({ name, dtype: DTYPE_OF[tensor.dtype], shape: tensor.shape, data: tensor.data });

/**
 * Opens the bytes of a safetensors file.
 * @param where what errors call the file: its path, for instance.
 * @throws NoisetteError on lying lengths, overlapping or out-of-range offsets, unknown dtypes, damaged JSON.
 */
export function readSafetensors(bytes: Uint8Array<ArrayBuffer>, where = 'safetensors'): SafetensorsFile {
  check(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, where, 'this machine is big-endian, which is not supported');
  const { metadata, entries } = parseSafetensorsHeader(bytes, bytes.length, where);

  const find = (name: string): SafetensorsEntry => {
    const entry = entries.get(name);
    check(entry, where, () => {
      const names = [...entries.keys()];
      return `has no tensor ${JSON.stringify(name)}; it has ${names.length}: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
    });
    return entry;
  };
  const raw = (name: string): SafetensorsArray => {
    const { dtype, begin, end } = find(name);
    const start = bytes.byteOffset + begin;
    const size = SAFETENSORS_BYTES[dtype];
    const length = (end - begin) / size;
    if (start % size === 0) return new ARRAYS[dtype](bytes.buffer, start, length);
    return new ARRAYS[dtype](bytes.buffer.slice(start, start + length * size));
  };
  const asFloat32 = (name: string): Float32Array | undefined => {
    const data = raw(name);
    switch (find(name).dtype) {
      case 'F32': return data as Float32Array;
      case 'F16': return float16ToFloat32(data as Uint16Array);
      case 'BF16': return bfloat16ToFloat32(data as Uint16Array);
      case 'F64': return Float32Array.from(data as Float64Array);
      default: return undefined;
    }
  };
  const float32 = (name: string): Tensor => {
    const data = asFloat32(name);
    const { dtype, shape } = find(name);
    check(data, where, `tensor ${JSON.stringify(name)} is ${dtype}, not a float; read it with raw or tensor`);
    return { dtype: 'float32', shape, data };
  };
  const tensor = (name: string): AnyTensor => {
    const { dtype, shape } = find(name);
    switch (dtype) {
      case 'I32': return { dtype: 'int32', shape, data: raw(name) as Int32Array };
      case 'I64': return { dtype: 'int64', shape, data: raw(name) as BigInt64Array };
      case 'U8': return { dtype: 'uint8', shape, data: raw(name) as Uint8Array };
      case 'BOOL': return { dtype: 'bool', shape, data: raw(name) as Uint8Array };
      default: return float32(name);
    }
  };
  return { metadata, entries, raw, float32, tensor };
}

/**
 * The bytes of a safetensors file, piece by piece: the header, then a view over each tensor's own memory. Give them to
 * `writeFileAtomic`, and no second copy of the weights is ever made. Larger element types come first and the header is padded to
 * eight bytes, so that every tensor is aligned when read back; otherwise the given order is kept. Same input, same bytes.
 * @throws NoisetteError before the first piece, on repeated names and on data that does not match dtype and shape.
 */
export function safetensorsChunks(tensors: Iterable<NamedArray>, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  const where = 'safetensorsChunks';
  const ordered = [...tensors].sort((a, b) => SAFETENSORS_BYTES[b.dtype] - SAFETENSORS_BYTES[a.dtype]);
  const fields: string[] = [];
  if (Object.keys(metadata).length) {
    for (const [key, value] of Object.entries(metadata)) check(typeof value === 'string', where, `metadata ${JSON.stringify(key)} must be a string`);
    fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  }
  const names = new Set<string>();
  const views: Uint8Array[] = [];
  let offset = 0;
  for (const { name, dtype, shape, data } of ordered) {
    check(!names.has(name) && name !== '__metadata__', where, `the name ${JSON.stringify(name)} ${names.has(name) ? 'is given twice' : 'is reserved'}`);
    check(data instanceof ARRAYS[dtype], where, `${name}: ${dtype} data must be a ${ARRAYS[dtype].name}, got a ${data.constructor.name}`);
    check(data.length === sizeOf(shape), where, () => `${name}: shape ${showShape(shape)} needs ${sizeOf(shape)} elements but ${data.length} came`);
    names.add(name);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, offset + data.byteLength] })}`);
    views.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  // A JSON text assembled by hand keeps the order even for names that look like integers, which objects would move to the front.
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return [head, ...views];
}

/** The same in one array, for small files and for the browser. */
export function writeSafetensors(tensors: Iterable<NamedArray>, metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const chunks = safetensorsChunks(tensors, metadata);
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
