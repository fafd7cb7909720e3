/**
 * The wire format of Protocol Buffers, as far as ONNX files need it.
 *
 * A message is a run of fields, each a varint tag (field number · 8 + wire type) and a payload: wire type 0 a varint, 1 eight bytes,
 * 2 a length and that many bytes (strings, nested messages, packed arrays), 5 four bytes. Varints are base 128, least significant
 * group first; negative int64 values take ten bytes.
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * The writer keeps large payloads by reference and copies each once, into the finished array: linear time, one copy of the weights.
 */
import { NoisetteError } from '../core/errors.ts';

export interface ProtoWriter {
  int(field: number, value: number | bigint): void;
  float(field: number, value: number): void;
  string(field: number, value: string): void;
  /** Kept by reference until {@link finish}: do not change the array before. */
  bytes(field: number, value: Uint8Array): void;
  message(field: number, body: () => void): void;
  /** The whole message. The writer must not be used afterwards. */
  finish(): Uint8Array;
}

const BLOCK = 1 << 16;
/** Payloads from this size on are kept by reference. */
const BY_REFERENCE = 1 << 10;
/** Parsers refuse larger messages. */
const MAX_MESSAGE = 2 ** 31 - 1;

const varintLength = (value: number): number => {
  let n = 1;
  for (let v = value; v >= 128; v = Math.floor(v / 128)) n++;
  return n;
};

/** An empty message to write into. */
export function createProtoWriter(): ProtoWriter {
  const text = new TextEncoder();
  const scratch = new DataView(new ArrayBuffer(4));
  /** Finished pieces in order; `total` counts every byte written so far, the open block's included. */
  const pieces: Uint8Array[] = [];
  let total = 0;
  let block = new Uint8Array(BLOCK);
  let start = 0;
  let at = 0;

  const flush = (): void => {
    if (at > start) pieces.push(block.subarray(start, at));
    start = at;
  };
  const reserve = (n: number): void => {
    if (at + n <= block.length) return;
    flush();
    block = new Uint8Array(Math.max(BLOCK, n));
    start = at = 0;
  };
  const byte = (b: number): void => {
    block[at++] = b;
    total++;
  };
  /** Non-negative and below 2^53. */
  const varint = (value: number): void => {
    reserve(8);
    let v = value;
    for (; v >= 128; v = Math.floor(v / 128)) byte((v % 128) + 128);
    byte(v);
  };
  const negative = (value: bigint): void => {
    reserve(10);
    let v = BigInt.asUintN(64, value);
    for (; v > 127n; v >>= 7n) byte(Number(v & 127n) + 128);
    byte(Number(v));
  };
  const tag = (field: number, wire: number): void => varint(field * 8 + wire);
  const raw = (value: Uint8Array): void => {
    if (value.length >= BY_REFERENCE) {
      flush();
      pieces.push(value);
    } else {
      reserve(value.length);
      block.set(value, at);
      at += value.length;
    }
    total += value.length;
  };

  return {
    int(field, value) {
      tag(field, 0);
      if (typeof value === 'number' && value >= 0) varint(value);
      else negative(BigInt(value));
    },
    float(field, value) {
      tag(field, 5);
      scratch.setFloat32(0, value, true);
      reserve(4);
      for (let i = 0; i < 4; i++) byte(scratch.getUint8(i));
    },
    string(field, value) {
      const encoded = text.encode(value);
      tag(field, 2);
      varint(encoded.length);
      raw(encoded);
    },
    bytes(field, value) {
      tag(field, 2);
      varint(value.length);
      raw(value);
    },
    message(field, body) {
      tag(field, 2);
      flush();
      // The length comes before the body but is known after it: keep its place among the pieces.
      const place = pieces.push(block.subarray(0, 0)) - 1;
      const before = total;
      body();
      flush();
      const length = total - before;
      const prefix = new Uint8Array(varintLength(length));
      for (let i = 0, v = length; i < prefix.length; i++, v = Math.floor(v / 128)) prefix[i] = (v % 128) + (i + 1 < prefix.length ? 128 : 0);
      pieces[place] = prefix;
      total += prefix.length;
    },
    finish() {
      flush();
      if (total > MAX_MESSAGE) throw new NoisetteError(`protobuf: a message holds at most 2 GiB but this one needs ${total} bytes; make large weights graph inputs`);
      const out = new Uint8Array(total);
      let offset = 0;
      for (const piece of pieces) {
        out.set(piece, offset);
        offset += piece.length;
      }
      return out;
    },
  };
}
