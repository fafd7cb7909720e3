import { expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half.ts';

const everyPattern = Uint16Array.from({ length: 65536 }, (_, i) => i);

it('binary16: known values of IEEE 754', () => {
  const known: [number, number][] = [[0x0000, 0], [0x0001, 2 ** -24], [0x03ff, 1023 * 2 ** -24], [0x0400, 2 ** -14], [0x3c00, 1], [0x3555, 0.333251953125], [0x7bff, 65504], [0x7c00, Infinity], [0xc000, -2]];
  for (const [bits, value] of known) {
    expect(float16ToFloat32(Uint16Array.of(bits))[0]).toBe(value);
    expect(float32ToFloat16(Float32Array.of(value))[0]).toBe(bits);
  }
  expect(Object.is(float16ToFloat32(Uint16Array.of(0x8000))[0], -0)).toBe(true);
});

it('both: decode then encode is the identity on every pattern that is not NaN; NaN stays NaN', () => {
  for (const [decode, encode] of [[float16ToFloat32, float32ToFloat16], [bfloat16ToFloat32, float32ToBfloat16]] as const) {
    const values = decode(everyPattern);
    const again = encode(values);
    const after = decode(again);
    let wrong = 0;
    for (let i = 0; i < 65536; i++) if (Number.isNaN(values[i]) ? !Number.isNaN(after[i]) : again[i] !== i) wrong++;
    expect(wrong).toBe(0);
  }
});

it('both: encoding rounds to the nearest neighbour, to the even one in the middle', () => {
  for (const [decode, encode, top] of [[float16ToFloat32, float32ToFloat16, 0x7bff], [bfloat16ToFloat32, float32ToBfloat16, 0x7f7f]] as const) {
    let wrong = 0;
    for (let bits = 0; bits < top; bits += 7) {
      const [low, high] = decode(Uint16Array.of(bits, bits + 1));
      const middle = low + (high - low) / 2;
      const even = bits & 1 ? bits + 1 : bits;
      const near = encode(Float32Array.of(middle, low + (high - low) * 0.49, low + (high - low) * 0.51, -middle));
      if (near[0] !== even || near[1] !== bits || near[2] !== bits + 1 || near[3] !== (even | 0x8000)) wrong++;
    }
    expect(wrong).toBe(0);
  }
  expect([...float32ToFloat16(Float32Array.of(65519.99, 65520, -1e30, 1e-30))]).toEqual([0x7bff, 0x7c00, 0xfc00, 0]);
  expect(float32ToBfloat16(Float32Array.of(3.4e38))[0]).toBe(0x7f80);
});
