/**
 * Zip archives, read with every claim checked: members stored or deflated, their checksums verified. Written with fflate, with a fixed
 * date, so that the same members give the same bytes. Source: PKWARE, APPNOTE.TXT 6.3, §4.3 (local headers, central directory, its end).
 */
import { zipSync } from 'fflate';
import { check } from '../core/errors.ts';
import { crc32 } from './crc32.ts';
import { inflateRaw } from './inflate.ts';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 65535;

export interface ZipMember {
  readonly name: string;
  /** Unpacked size in bytes. */
  readonly size: number;
  /** Unpacks and verifies; stored members are views over the archive. */
  read(): Uint8Array<ArrayBuffer>;
}

/**
 * The members of an archive by name; nothing is unpacked yet.
 * @param where what errors call the file.
 * @throws NoisetteError: no zip archive, cut off, damaged, of more than 4 GiB (zip64), or encrypted.
 */
export function readZip(bytes: Uint8Array<ArrayBuffer>, where = 'zip'): Map<string, ZipMember> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - END_BYTES;
  const lowest = Math.max(0, end - MAX_COMMENT);
  while (end >= lowest && view.getUint32(end, true) !== END) end--;
  check(end >= lowest, where, `not a zip archive, or cut off: no end of a central directory in its ${bytes.length} bytes`);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  check(at !== 0xffffffff && count !== 0xffff, where, 'zip64 archives (of 4 GiB or 65,535 members) are not supported');
  const members = new Map<string, ZipMember>();
  for (let i = 0; i < count; i++) {
    check(at + 46 <= end && view.getUint32(at, true) === CENTRAL, where, `offset ${at}: entry ${i} of ${count} of the central directory expected; the file is damaged`);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    check(at + 46 + nameBytes <= end, where, `offset ${at}: the name of entry ${i} runs out of the directory; the file is damaged`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    const [flags, method] = [8, 10].map((field) => view.getUint16(at + field, true));
    const [sum, packed, size, local] = [16, 20, 24, 42].map((field) => view.getUint32(at + field, true));
    const label = `${where}: ${name}`;
    const read = (): Uint8Array<ArrayBuffer> => {
      check(local + 30 <= bytes.length && view.getUint32(local, true) === LOCAL, label, `offset ${local}: a member expected; the file is damaged`);
      check((flags & 1) === 0, label, 'is encrypted, which is not supported');
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      check(start + packed <= bytes.length, label, `offset ${start}: ${packed} bytes expected but ${Math.max(0, bytes.length - start)} are left; the file is damaged`);
      check(method === 0 || method === 8, label, `compression method ${method} is unknown; 0 (stored) and 8 (deflated) can be read`);
      check(method === 8 || packed === size, label, `claims ${size} bytes stored in ${packed}; the file is damaged`);
      const data = bytes.subarray(start, start + packed);
      const content = method === 0 ? data : inflateRaw(data, size, label);
      check(crc32(content) === sum, label, 'the checksum of the content is wrong; the file is damaged');
      return content;
    };
    members.set(name, { name, size, read });
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return members;
}

/** Packs members in the given order. @param compress default: stored. */
export function writeZip(members: Readonly<Record<string, Uint8Array>>, { compress = false }: { compress?: boolean } = {}): Uint8Array<ArrayBuffer> {
  // The earliest day that a zip archive can name, away from its border in every time zone.
  return zipSync(members, { level: compress ? 6 : 0, mtime: '1980-01-02T12:00:00' });
}
