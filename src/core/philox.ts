/**
 * Philox4x32-10: a counter-based generator. A bijection of a 128-bit counter under a 64-bit key, ten rounds of
 *
 *   (x0, x1, x2, x3) ← (hi(M1·x2) ⊕ x1 ⊕ k0, lo(M1·x2), hi(M0·x0) ⊕ x3 ⊕ k1, lo(M0·x0)),   (k0, k1) ← (k0 + W0, k1 + W1)
 *
 * Word n of a stream is a function of (key, n) alone, so nothing needs to be stored to resume, skip or split it.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §3.3 and Table 2.
 */

const M0_LOW = 0x1f53; // M0 = 0xD2511F53, in halves: JavaScript has no 32×32→64 product, and four 16-bit ones are exact
const M0_HIGH = 0xd251;
const M0 = 0xd2511f53 | 0;
const M1_LOW = 0x8d57; // M1 = 0xCD9E8D57
const M1_HIGH = 0xcd9e;
const M1 = 0xcd9e8d57 | 0;
const W0 = 0x9e3779b9 | 0; // the golden ratio
const W1 = 0xbb67ae85 | 0; // √3 − 1

/** The upper three words of the counter and the key; the lowest word counts blocks of four. All are taken modulo 2³². */
export interface PhiloxKey {
  readonly key0: number;
  readonly key1: number;
  readonly counter1: number;
  readonly counter2: number;
  readonly counter3: number;
}

/**
 * Writes `blocks` blocks of four 32-bit words to `out`, for the counters (firstBlock + j, counter1, counter2, counter3).
 * `out` must hold 4·blocks words. firstBlock + blocks must not exceed 2³²: the block counter does not carry.
 */
export function philox(out: Uint32Array, blocks: number, key: PhiloxKey, firstBlock = 0): void {
  const { key0, key1, counter1, counter2, counter3 } = key;
  for (let block = 0; block < blocks; block++) {
    let x0 = (firstBlock + block) | 0;
    let x1 = counter1 | 0;
    let x2 = counter2 | 0;
    let x3 = counter3 | 0;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < 10; round++) {
      const a0 = x0 & 0xffff;
      const a1 = x0 >>> 16;
      // No partial sum exceeds 32 bits: (2¹⁶−1)² + 2¹⁶ − 1 < 2³².
      const aMiddle = (Math.imul(a1, M0_LOW) + (Math.imul(a0, M0_LOW) >>> 16)) | 0;
      const aCross = (Math.imul(a0, M0_HIGH) + (aMiddle & 0xffff)) | 0;
      const aHigh = (Math.imul(a1, M0_HIGH) + (aMiddle >>> 16) + (aCross >>> 16)) | 0;
      const b0 = x2 & 0xffff;
      const b1 = x2 >>> 16;
      const bMiddle = (Math.imul(b1, M1_LOW) + (Math.imul(b0, M1_LOW) >>> 16)) | 0;
      const bCross = (Math.imul(b0, M1_HIGH) + (bMiddle & 0xffff)) | 0;
      const bHigh = (Math.imul(b1, M1_HIGH) + (bMiddle >>> 16) + (bCross >>> 16)) | 0;
      const aLow = Math.imul(x0, M0);
      x0 = bHigh ^ x1 ^ k0;
      x1 = Math.imul(x2, M1);
      x2 = aHigh ^ x3 ^ k1;
      x3 = aLow;
      k0 = (k0 + W0) | 0;
      k1 = (k1 + W1) | 0;
    }
    const at = block * 4;
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
  }
}
