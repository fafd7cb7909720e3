/**
 * Cyclic redundancy checks of 32 bits, reflected, initial and final inversion; a table of 256 remainders a polynomial.
 * CRC-32 (polynomial 0x04C11DB7; PNG, gzip, zip): ISO 3309. CRC-32C (0x1EDC6F41, Castagnoli; TFRecord): RFC 3720, appendix B.4.
 */

function makeCrc(reflectedPolynomial: number): (bytes: Uint8Array, start?: number, end?: number) => number {
  let table: Uint32Array | undefined;
  const makeTable = (): Uint32Array =>
    Uint32Array.from({ length: 256 }, (_, byte) => {
      let remainder = byte;
      for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ reflectedPolynomial : remainder >>> 1;
      return remainder;
    });
  return (bytes, start = 0, end = bytes.length) => {
    table ??= makeTable();
    let crc = 0xffffffff;
    for (let i = start; i < end; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}

/** CRC-32 of bytes start (inclusive) to end (exclusive), as an unsigned 32-bit number. */
export const crc32 = makeCrc(0xedb88320);

/** CRC-32C (Castagnoli), likewise. */
export const crc32c = makeCrc(0x82f63b78);
