/**
 * 16-bit floats to and from float32: IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) and bfloat16 (the upper half of a
 * float32: 1, 8, 7). Decoding is exact; encoding rounds to nearest, ties to even, keeps signed zeros, infinities and NaN.
 * JavaScript has no portable Float16Array yet, so halves travel as Uint16Array bit patterns.
 */

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

function bits16ToFloat32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24; // subnormal, and both zeros
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let table16: Float32Array | undefined;

/** Decodes binary16 bit patterns, exactly. All 65,536 values are tabulated at the first call. */
export function float16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  table16 ??= Float32Array.from({ length: 65536 }, (_, bits) => bits16ToFloat32(bits));
  const out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = table16[halves[i]];
  return out;
}

/** Encodes to binary16: nearest, ties to even; beyond 65,504 (rounded) becomes infinite. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    scratchFloat[0] = values[i];
    const bits = scratchBits[0];
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    let half: number;
    if (magnitude > 0x7f800000) half = 0x7e00; // NaN
    else if (magnitude >= 0x477ff000) half = 0x7c00; // rounds to 65,520 or more
    else if (magnitude < 0x38800000) {
      // Below 2^-14 the step is 2^-24: scale so that the step is 1 and round to even on integers.
      const scaled = Math.abs(values[i]) * 2 ** 24;
      const floor = Math.floor(scaled);
      const rest = scaled - floor;
      half = floor + (rest > 0.5 || (rest === 0.5 && floor & 1) ? 1 : 0);
    } else {
      // Re-bias the exponent (127 → 15), then round the 13 dropped bits to nearest even; a carry runs into the exponent rightly.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    }
    out[i] = sign | half;
  }
  return out;
}

/** Decodes bfloat16 bit patterns, exactly. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

/** Encodes to bfloat16: nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    scratchFloat[0] = values[i];
    const bits = scratchBits[0];
    const isNan = (bits & 0x7fffffff) > 0x7f800000;
    // A NaN whose set bits are all in the dropped half would turn into infinity: set the quiet bit instead of rounding.
    out[i] = isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}
