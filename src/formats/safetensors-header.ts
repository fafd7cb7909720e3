/**
 * The header of a safetensors file, read and checked against the file's real size before anything is allocated.
 *
 *   file = u64 little-endian N ‖ N bytes of JSON (may end in spaces) ‖ data
 *   JSON = { "__metadata__": { string: string }, "name": { "dtype", "shape", "data_offsets": [begin, end) } }
 *
 * Offsets count from the first data byte. The data area must be covered exactly once, without gaps or overlaps.
 * Source: the format section of https://github.com/huggingface/safetensors.
 */
import { check, oneOf } from '../core/errors.ts';
import { showShape, type Shape } from '../core/shape.ts';

/** Bytes per element of every element type that this reader knows. */
export const SAFETENSORS_BYTES = {
  BOOL: 1, U8: 1, I8: 1, I16: 2, U16: 2, F16: 2, BF16: 2, I32: 4, U32: 4, F32: 4, I64: 8, U64: 8, F64: 8,
} as const;
export type SafetensorsDtype = keyof typeof SAFETENSORS_BYTES;

/** One tensor of a file: where its bytes lie, counted from the start of the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** File offset of the first data byte. */
  readonly dataOffset: number;
}

/** The reference implementation's limit on the header, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * How many bytes of a file the header takes, the eight length bytes included: read that many, then {@link parseSafetensorsHeader}.
 * @param prefix at least the first 8 bytes; @param fileSize in bytes; @param where what errors call the file.
 */
export function safetensorsHeaderSize(prefix: Uint8Array, fileSize: number, where: string): number {
  check(prefix.length >= 8 && fileSize >= 8, where, `a safetensors file starts with 8 length bytes, but it has ${fileSize} bytes; is it cut off or another format?`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  check(length <= MAX_HEADER_BYTES, where, `offset 0: header length ${length} is above the limit of ${MAX_HEADER_BYTES} bytes; this is not a safetensors file`);
  check(
    length >= 2n && Number(length) <= fileSize - 8,
    where,
    `offset 0: header length ${length} does not fit a file of ${fileSize} bytes (2 to ${fileSize - 8} expected); it is cut off or not safetensors`,
  );
  return 8 + Number(length);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, raw: unknown, dataOffset: number, dataSize: number, where: string): SafetensorsEntry {
  const at = `${where}: tensor ${JSON.stringify(name)}`;
  check(isRecord(raw), at, 'must be an object with dtype, shape and data_offsets');
  check(typeof raw.dtype === 'string', at, 'dtype must be a string');
  const bytes = oneOf(`dtype in ${at}:`, SAFETENSORS_BYTES, raw.dtype);
  const { shape, data_offsets: offsets } = raw;
  check(Array.isArray(shape) && shape.every(isSize), at, () => `shape must be a list of sizes, got ${JSON.stringify(shape)}`);
  check(Array.isArray(offsets) && offsets.length === 2 && offsets.every(isSize), at, () => `data_offsets must be [begin, end], got ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  check(
    begin <= end && end <= dataSize,
    at,
    `data_offsets [${begin}, ${end}] lie outside the file: its data starts at offset ${dataOffset} and has ${dataSize} bytes; the file is cut off or damaged`,
  );
  const expected = shape.reduce((product, d) => product * d, bytes);
  check(end - begin === expected, at, () => `offset ${dataOffset + begin}: ${raw.dtype as string} ${showShape(shape)} takes ${expected} bytes but data_offsets span ${end - begin}`);
  return { name, dtype: raw.dtype as SafetensorsDtype, shape, begin: dataOffset + begin, end: dataOffset + end };
}

/**
 * Parses and checks a header.
 * @param prefix the file's first bytes, at least {@link safetensorsHeaderSize} of them.
 * @param fileSize the size of the whole file in bytes, against which every offset is checked.
 * @throws NoisetteError naming `where`, the offset, and what was expected.
 */
export function parseSafetensorsHeader(prefix: Uint8Array, fileSize: number, where = 'safetensors'): SafetensorsHeader {
  const dataOffset = safetensorsHeaderSize(prefix, fileSize, where);
  check(prefix.length >= dataOffset, where, `the header needs ${dataOffset} bytes but only ${prefix.length} were given`);
  check(prefix[8] === 0x7b, where, `offset 8: the header must start with "{", got byte 0x${prefix[8].toString(16)}; this is not a safetensors file`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(prefix.subarray(8, dataOffset)));
  } catch (error) {
    check(false, where, `offset 8: the header is not valid JSON (${(error as Error).message})`);
  }
  check(isRecord(json), where, 'offset 8: the header must be a JSON object');
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, raw] of Object.entries(json)) {
    if (name !== '__metadata__') {
      entries.set(name, parseEntry(name, raw, dataOffset, fileSize - dataOffset, where));
      continue;
    }
    check(isRecord(raw), where, '__metadata__ must be an object of strings');
    for (const [key, value] of Object.entries(raw)) {
      check(typeof value === 'string', where, () => `__metadata__ ${JSON.stringify(key)} must be a string, got ${typeof value}`);
      metadata[key] = value;
    }
  }
  // Ordered by begin, then end, so that empty tensors at a boundary pass.
  let at = dataOffset;
  for (const entry of [...entries.values()].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    check(entry.begin >= at, where, `tensor ${JSON.stringify(entry.name)} starts at offset ${entry.begin}, inside the tensor before it, which ends at ${at}; the file is damaged`);
    check(entry.begin === at, where, `bytes ${at} to ${entry.begin} belong to no tensor (the next is ${JSON.stringify(entry.name)}); the file is damaged or a name occurs twice`);
    at = entry.end;
  }
  check(at === fileSize, where, `the tensors end at offset ${at} but the file has ${fileSize} bytes; it is damaged or a name occurs twice`);
  return { metadata, entries, dataOffset };
}
