/**
 * Reads the wire format that `protobuf-writer.ts` describes. Fields come in any order, unknown ones are skipped, and every read is
 * checked against the end of its message: a damaged file gives an error with the byte offset, never a wrong value or a crash.
 */
import { NoisetteError } from '../core/errors.ts';

export interface ProtoReader {
  /** Moves to the next field; false at the end of the message. A field that is not consumed is skipped. */
  next(): boolean;
  /** Number of the current field. */
  readonly field: number;
  /** Where the current field begins in the whole file, for messages. */
  readonly offset: number;
  int(): number;
  float(): number;
  bytes(): Uint8Array;
  string(): string;
  message(): ProtoReader;
  /** Calls `each` for the values of a repeated int64 field, packed or not. */
  ints(each: (value: bigint) => void): void;
  /** The same for 32-bit floats. */
  floats(each: (value: number) => void): void;
}

/** Reads `bytes` as one message. Byte payloads are views, not copies. */
export function createProtoReader(bytes: Uint8Array): ProtoReader {
  return reader(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
}

const text = new TextDecoder('utf-8', { fatal: true });

function reader(bytes: Uint8Array, view: DataView, start: number, end: number): ProtoReader {
  let at = start;
  let field = 0;
  let wire = 0;
  let offset = start;
  let consumed = true;

  const fail = (what: string): never => {
    throw new NoisetteError(`protobuf: ${what} at byte ${offset}; the file is damaged or is no ONNX file`);
  };
  /** The low and high 32 bits of a varint. */
  const varint = (limit: number): [number, number] => {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (at >= limit) fail('a varint runs over the end of its message');
      const b = bytes[at++];
      const bits = b & 127;
      const shift = 7 * i;
      if (shift < 32) low |= bits << shift;
      if (shift + 7 > 32) high |= shift >= 32 ? bits << (shift - 32) : bits >>> (32 - shift);
      if (b < 128) return [low >>> 0, high | 0];
    }
    return fail('a varint is longer than 10 bytes');
  };
  const safe = ([low, high]: [number, number]): number => {
    const value = high * 2 ** 32 + low;
    return Number.isSafeInteger(value) ? value : fail('an integer exceeds 2^53');
  };
  const big = ([low, high]: [number, number]): bigint => (BigInt(high) << 32n) | BigInt(low);
  const expect = (wanted: number): void => {
    if (wire !== wanted) fail(`field ${field} has wire type ${wire} instead of ${wanted}`);
    consumed = true;
  };
  const take = (n: number): number => {
    if (n < 0 || n > end - at) fail(`field ${field} claims ${n} bytes but ${end - at} are left`);
    at += n;
    return at - n;
  };
  const skip = (): void => {
    if (wire === 0) varint(end);
    else if (wire === 1) take(8);
    else if (wire === 2) take(safe(varint(end)));
    else if (wire === 5) take(4);
    else fail(`field ${field} has the unknown wire type ${wire}`);
  };

  return {
    next() {
      if (!consumed) skip();
      offset = at;
      if (at === end) return false;
      const tag = safe(varint(end));
      field = Math.floor(tag / 8);
      wire = tag % 8;
      if (field < 1) fail('a field has number 0');
      consumed = false;
      return true;
    },
    get field() { return field; },
    get offset() { return offset; },
    int() {
      expect(0);
      return safe(varint(end));
    },
    float() {
      expect(5);
      return view.getFloat32(take(4), true);
    },
    bytes() {
      expect(2);
      const n = safe(varint(end));
      const from = take(n);
      return bytes.subarray(from, from + n);
    },
    string() {
      const encoded = this.bytes();
      try {
        return text.decode(encoded);
      } catch {
        return fail(`field ${field} is no valid UTF-8`);
      }
    },
    message() {
      expect(2);
      const n = safe(varint(end));
      const from = take(n);
      return reader(bytes, view, from, from + n);
    },
    ints(each) {
      if (wire === 0) {
        consumed = true;
        each(big(varint(end)));
        return;
      }
      expect(2);
      const n = safe(varint(end));
      const stop = take(n) + n;
      at = stop - n;
      while (at < stop) each(big(varint(stop)));
    },
    floats(each) {
      if (wire === 5) {
        consumed = true;
        each(view.getFloat32(take(4), true));
        return;
      }
      expect(2);
      const n = safe(varint(end));
      if (n % 4 !== 0) fail(`field ${field} holds ${n} bytes of 4-byte floats`);
      const from = take(n);
      for (let i = from; i < from + n; i += 4) each(view.getFloat32(i, true));
    },
  };
}
