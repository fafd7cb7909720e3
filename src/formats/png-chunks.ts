/**
 * PNG's container: the signature, then chunks of (u32 length, 4-letter type, data, CRC-32 of type and data), big-endian.
 * Source: W3C, Portable Network Graphics (PNG) Specification, 3rd edition, §5.
 */
import { check } from '../core/errors.ts';
import { crc32 } from './crc32.ts';

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** Signature and chunks as one file. */
export function joinPngChunks(chunks: readonly PngChunk[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(8 + chunks.reduce((sum, { data }) => sum + 12 + data.length, 0));
  const view = new DataView(out.buffer);
  out.set(PNG_SIGNATURE);
  let at = 8;
  for (const { type, data } of chunks) {
    view.setUint32(at, data.length);
    for (let i = 0; i < 4; i++) out[at + 4 + i] = type.charCodeAt(i);
    out.set(data, at + 8);
    view.setUint32(at + 8 + data.length, crc32(out, at + 4, at + 8 + data.length));
    at += 12 + data.length;
  }
  return out;
}

/**
 * The chunks of a PNG file up to IEND, as views, their checksums verified.
 * @throws NoisetteError naming `where` and the offset, when the file is no PNG, is cut off or damaged.
 */
export function* pngChunks(bytes: Uint8Array, where: string): Generator<PngChunk, void, void> {
  const isPng = bytes.length >= 8 && PNG_SIGNATURE.every((b, i) => bytes[i] === b);
  check(isPng, where, () => `offset 0: not a PNG file (${bytes.length} bytes${bytes.length ? `, the first is 0x${bytes[0].toString(16)}` : ''})`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; ; ) {
    check(bytes.length - at >= 12, where, `offset ${at}: a chunk of at least 12 bytes expected but ${bytes.length - at} are left; the file is cut off`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    check(length <= bytes.length - at - 12, where, `offset ${at}: chunk ${JSON.stringify(type)} claims ${length} bytes but ${bytes.length - at - 12} are left; the file is cut off or damaged`);
    const end = at + 8 + length;
    check(crc32(bytes, at + 4, end) === view.getUint32(end), where, `offset ${at}: the checksum of chunk ${JSON.stringify(type)} is wrong; the file is damaged`);
    yield { type, data: bytes.subarray(at + 8, end) };
    if (type === 'IEND') return;
    at = end + 4;
  }
}
