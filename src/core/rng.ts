/**
 * Explicit, portable randomness. A stream is named by (64-bit seed, purpose, index) and holds no position: word n of draw d is
 *
 *   Philox4x32-10 at counter (⌊n/4⌋, d, index mod 2³², purpose·2²⁴ + ⌊index/2³²⌋), key = seed, word n mod 4
 *
 * so nothing needs to be kept in a checkpoint, samples do not depend on the batch they are in, and every value is the same in
 * every JavaScript engine, bit for bit. One draw serves one use: `uniforms` and `normals` of the same draw share their words.
 */
import { check } from './errors.ts';
import { normalsFromWords } from './normal.ts';
import { philox, type PhiloxKey } from './philox.ts';

/** What the numbers are for. The values are part of every result ever made: append, never renumber. */
export const PURPOSES = {
  init: 1, // network initialisation; index = parameter
  shuffle: 2, // order of the data; index = epoch
  augment: 3, // index = example
  timestep: 4, // training levels; index = example
  noise: 5, // training noise; index = example
  dropout: 6,
  conditionDropout: 7, // index = example
  sampleNoise: 8, // x_T; index = sample
  stepNoise: 9, // noise of stochastic samplers; index = sample
  split: 10, // training and validation sets
  validation: 11, // levels and noise of the validation loss
  data: 12, // synthetic data
  evaluation: 13, // subsets and projections of metrics
  latent: 14, // reparametrisation noise of autoencoders
  corruption: 15, // noise and blur on conditions
  select: 16, // choices of what to show or to draw (classes, captions)
  test: 255,
} as const;
export type Purpose = keyof typeof PURPOSES;

/** An integer: a number in [0, 2⁵³) or a bigint in [0, 2⁶⁴). */
export type Seed = number | bigint;

export interface StreamName {
  readonly seed: Seed;
  readonly purpose: Purpose;
  /** Which sample, epoch, parameter … : an integer in [0, 2⁵³). */
  readonly index?: number;
}

/** Every method fills `out` from the start of draw `draw` (an integer in [0, 2³²), 0 unless given) and returns it. */
export interface Stream {
  /** Uniform on [0, 1): multiples of 2⁻²⁴ in a Float32Array, of 2⁻⁵³ in a Float64Array. */
  uniforms<A extends Float32Array | Float64Array>(out: A, draw?: number): A;
  /** Standard normals, |z| < 6.4; the n-th comes from the n-th word. */
  normals<A extends Float32Array | Float64Array>(out: A, draw?: number): A;
  /** Uniform on {0, …, n − 1}, 1 ≤ n ≤ 2³² (bias below n/2⁵³). */
  integers<A extends Uint32Array | Int32Array | Float64Array>(out: A, n: number, draw?: number): A;
  /** Raw 16-bit words, eight a Philox block. */
  bits16(out: Uint16Array, draw?: number): Uint16Array;
  /** One double on [0, 1): the first of `uniforms` in double precision. */
  uniform(draw?: number): number;
  /** One integer: the first of `integers`. */
  integer(n: number, draw?: number): number;
}

const CHUNK_BLOCKS = 1024;
const scratch = new Uint32Array(4 * CHUNK_BLOCKS);
const scratch16 = new Uint16Array(scratch.buffer);
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const TWO32 = 4294967296;

/** Splits a seed into the two words of a key. Throws unless it is an integer of at most 64 bits. */
export function seedWords(seed: Seed): readonly [low: number, high: number] {
  if (typeof seed === 'bigint') {
    check(seed >= 0n && seed < 1n << 64n, 'seed', () => `must lie in [0, 2^64) but is ${seed}`);
    return [Number(seed & 0xffffffffn), Number(seed >> 32n)];
  }
  check(Number.isSafeInteger(seed) && seed >= 0, 'seed', () => `must be an integer in [0, 2^53) (or a bigint below 2^64) but is ${seed}`);
  return [seed % TWO32, Math.floor(seed / TWO32)];
}

/** Opens the stream of that name. Cheap: nothing is computed before the first draw. Throws on a seed or index out of range. */
export function createStream({ seed, purpose, index = 0 }: StreamName): Stream {
  const [key0, key1] = seedWords(seed);
  check(Object.hasOwn(PURPOSES, purpose), 'createStream', () => `unknown purpose ${JSON.stringify(purpose)}; one of ${Object.keys(PURPOSES).join(', ')}`);
  check(Number.isSafeInteger(index) && index >= 0, 'createStream', () => `index must be an integer in [0, 2^53) but is ${index}`);
  const counter2 = index % TWO32;
  const counter3 = PURPOSES[purpose] * 0x1000000 + Math.floor(index / TWO32);

  /** Calls `use(words, at, count)` over `total` outputs, `wordsEach` words apiece, a chunk at a time. */
  function fill(total: number, wordsEach: number, draw: number, use: (at: number, count: number) => void): void {
    check(Number.isInteger(draw) && draw >= 0 && draw < TWO32, 'stream', () => `draw must be an integer in [0, 2^32) but is ${draw}`);
    const key: PhiloxKey = { key0, key1, counter1: draw, counter2, counter3 };
    const chunk = (4 * CHUNK_BLOCKS) / wordsEach;
    for (let at = 0, block = 0; at < total; at += chunk, block += CHUNK_BLOCKS) {
      const count = Math.min(chunk, total - at);
      philox(scratch, Math.ceil((count * wordsEach) / 4), key, block);
      use(at, count);
    }
  }

  /** 53 bits of two words, as a fraction. */
  const fraction = (j: number): number => ((scratch[2 * j] >>> 5) * 67108864 + (scratch[2 * j + 1] >>> 6)) * 1.1102230246251565e-16;

  const stream: Stream = {
    uniforms(out, draw = 0) {
      const single = out instanceof Float32Array;
      fill(out.length, single ? 1 : 2, draw, (at, count) => {
        if (single) for (let j = 0; j < count; j++) out[at + j] = (scratch[j] >>> 8) * 5.960464477539063e-8;
        else for (let j = 0; j < count; j++) out[at + j] = fraction(j);
      });
      return out;
    },
    normals(out, draw = 0) {
      fill(out.length, 1, draw, (at, count) => normalsFromWords(scratch, count, out, at));
      return out;
    },
    integers(out, n, draw = 0) {
      check(Number.isInteger(n) && n >= 1 && n <= TWO32, 'integers', () => `n must be an integer in [1, 2^32] but is ${n}`);
      fill(out.length, 2, draw, (at, count) => {
        for (let j = 0; j < count; j++) out[at + j] = Math.floor(fraction(j) * n);
      });
      return out;
    },
    bits16(out, draw = 0) {
      fill(out.length, 0.5, draw, (at, count) => {
        if (LITTLE_ENDIAN) out.set(count === scratch16.length ? scratch16 : scratch16.subarray(0, count), at);
        else for (let j = 0; j < count; j++) out[at + j] = scratch[j >>> 1] >>> (16 * (j & 1));
      });
      return out;
    },
    uniform: (draw = 0) => stream.uniforms(new Float64Array(1), draw)[0],
    integer: (n, draw = 0) => stream.integers(new Float64Array(1), n, draw)[0],
  };
  return stream;
}

/** A permutation of 0 … n − 1 that is a function of (seed, epoch, n): Fisher and Yates's exchange, 1 ≤ n ≤ 2³². */
export function shuffle(seed: Seed, epoch: number, n: number): Uint32Array {
  check(Number.isInteger(n) && n >= 0 && n <= TWO32, 'shuffle', () => `n must be an integer in [0, 2^32] but is ${n}`);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  const fractions = createStream({ seed, purpose: 'shuffle', index: epoch }).uniforms(new Float64Array(n));
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(fractions[i] * (i + 1));
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}
