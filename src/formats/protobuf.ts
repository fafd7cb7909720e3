/**
 * As much of the protocol buffer wire format as event files need. A message is a sequence of fields: varint (number << 3 | wire type),
 * then by wire type 0: varint, 1: 8 bytes, 2: length and bytes, 5: 4 bytes; little-endian.
 * Source: https://protobuf.dev/programming-guides/encoding.
 */
import { check } from '../core/errors.ts';

/** Unsigned, seven bits a byte, lowest first; exact up to 2^53. */
export function varint(value: number): number[] {
  check(Number.isSafeInteger(value) && value >= 0, 'varint', `must be an integer from 0 to 2^53 − 1, got ${value}`);
  const out: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  out.push(value);
  return out;
}

const join = (parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

export const integerField = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field << 3), ...varint(value)]);

export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return join([varint((field << 3) | 1), bytes]);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([varint((field << 3) | 5), bytes]);
}

/** Bytes, a string (UTF-8), or a message made of fields. */
export function bytesField(field: number, content: Uint8Array | string | readonly Uint8Array[]): Uint8Array {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content instanceof Uint8Array ? content : join(content);
  return join([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

export const message = (fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => join(fields);

export type WireField =
  | { readonly field: number; readonly type: 0; readonly value: number }
  | { readonly field: number; readonly type: 1 | 5; readonly value: number }
  | { readonly field: number; readonly type: 2; readonly value: Uint8Array };

/** The fields of a message in order; types 1 and 5 are read as double and float. Throws, naming `where`, when it is cut off. */
export function* readFields(bytes: Uint8Array, where: string): Generator<WireField, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const need = (count: number): void => check(at + count <= bytes.length, where, `offset ${at}: the message is cut off`);
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      need(1);
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      check(factor < 2 ** 63, where, `offset ${at}: a number has more than ten bytes`);
    }
  };
  while (at < bytes.length) {
    const key = readVarint();
    const field = Math.floor(key / 8);
    const type = key % 8;
    if (type === 0) yield { field, type, value: readVarint() };
    else if (type === 1) {
      need(8);
      yield { field, type, value: view.getFloat64((at += 8) - 8, true) };
    } else if (type === 5) {
      need(4);
      yield { field, type, value: view.getFloat32((at += 4) - 4, true) };
    } else {
      check(type === 2, where, `offset ${at}: unknown wire type ${type}`);
      const length = readVarint();
      need(length);
      yield { field, type, value: bytes.subarray(at, (at += length)) };
    }
  }
}
