import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32, crc32c } from './crc32.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

it('CRC-32: the check value of ISO 3309 and a PNG IEND chunk', () => {
  expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
  expect(crc32(ascii('IEND'))).toBe(0xae426082);
  expect(crc32(new Uint8Array(0))).toBe(0);
  expect(crc32(ascii('xx123456789x'), 2, 11)).toBe(0xcbf43926);
});

it.skipIf(typeof zlibCrc32 !== 'function')("CRC-32 equals zlib's on all byte values", () => {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 167 + (i >> 5)) & 255);
  expect(crc32(bytes)).toBe(zlibCrc32(bytes));
});

it('CRC-32C: the examples of RFC 3720, appendix B.4', () => {
  expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
});
