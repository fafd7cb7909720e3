/**
 * Bounded decompression. A compressed file states how large its content is, and may lie: nothing is allocated before the claim is
 * checked against what DEFLATE can do at best, 258 bytes out of two bits, so less than 1,032 : 1 (zlib's technical notes).
 */
import { gunzipSync, inflateSync, unzlibSync } from 'fflate';
import { check } from '../core/errors.ts';
import { crc32 } from './crc32.ts';

const MAX_RATIO = 1032;

/**
 * Whether `size` bytes can have been compressed to `compressed` bytes by DEFLATE at all.
 * @throws NoisetteError naming `where` and both sizes.
 */
export function checkInflatedSize(size: number, compressed: number, where: string): void {
  check(
    size <= compressed * MAX_RATIO + 64,
    where,
    `claims ${size} bytes of content out of ${compressed} compressed ones, more than compression can give (${MAX_RATIO} : 1); the file is damaged`,
  );
}

/** Decompresses to exactly `size` bytes, or throws. One byte of surplus room shows a stream that holds more. */
function inflateExactly(inflate: (out: Uint8Array) => Uint8Array, size: number, compressed: number, where: string): Uint8Array<ArrayBuffer> {
  checkInflatedSize(size, compressed, where);
  const room = new Uint8Array(size + 1);
  let got: number;
  try {
    got = inflate(room).length;
  } catch (error) {
    check(false, where, `the compressed data is damaged or cut off (${(error as Error).message})`);
  }
  check(got === size, where, () => `${size} bytes of content expected, but the compressed data holds ${got > size ? 'more' : `only ${got}`}; the file is damaged`);
  return room.subarray(0, size);
}

/** A zlib stream (RFC 1950) that must hold exactly `size` bytes. */
export const inflateZlib = (data: Uint8Array, size: number, where: string): Uint8Array<ArrayBuffer> =>
  inflateExactly((out) => unzlibSync(data, { out }), size, data.length, where);

/** A raw DEFLATE stream (RFC 1951) that must hold exactly `size` bytes. */
export const inflateRaw = (data: Uint8Array, size: number, where: string): Uint8Array<ArrayBuffer> =>
  inflateExactly((out) => inflateSync(data, { out }), size, data.length, where);

export const isGzip = (bytes: Uint8Array): boolean => bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The content of a gzip file of one member (RFC 1952), its length and CRC-32 checked. */
export function gunzip(bytes: Uint8Array, where: string): Uint8Array<ArrayBuffer> {
  check(isGzip(bytes) && bytes.length >= 18, where, `is not a whole gzip file (${bytes.length} bytes)`);
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  const content = inflateExactly((out) => gunzipSync(bytes, { out }), trailer.getUint32(4, true), bytes.length, where);
  check(crc32(content) === trailer.getUint32(0, true), where, 'the checksum of the unpacked content is wrong; the file is damaged');
  return content;
}
