import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tensor } from '../core/tensor.ts';
import { namedArray, readSafetensors, safetensorsChunks, writeSafetensors, type NamedArray } from './safetensors.ts';

const fileOf = (header: unknown, data: number | Uint8Array = 0, claim?: bigint): Uint8Array<ArrayBuffer> => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const out = new Uint8Array(8 + json.length + body.length);
  new DataView(out.buffer).setBigUint64(0, claim ?? BigInt(json.length), true);
  out.set(json, 8);
  out.set(body, 8 + json.length);
  return out;
};
const f32 = (begin: number, end: number, shape: number[]): object => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

describe('safetensors', () => {
  const all: NamedArray[] = [
    { name: 'bytes', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
    { name: 'flags', dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
    { name: 'half', dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc100) },
    { name: 'brain', dtype: 'BF16', shape: [1, 2], data: Uint16Array.of(0x3f80, 0xc020) },
    { name: 'ints', dtype: 'I32', shape: [2], data: Int32Array.of(-7, 2 ** 31 - 1) },
    { name: '7', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, -0, NaN, Infinity) },
    { name: 'scalar "é"', dtype: 'F64', shape: [], data: Float64Array.of(Math.PI) },
    { name: 'long', dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 62n)) },
    { name: 'empty', dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
  ];

  it('writes and reads back every dtype, exactly', () => {
    const file = readSafetensors(writeSafetensors(all, { config: '{"a":1}', note: 'ü' }));
    expect(file.metadata.config).toBe('{"a":1}');
    expect(file.metadata.note).toBe('ü');
    expect(file.entries.size).toBe(all.length);
    for (const { name, dtype, shape, data } of all) {
      expect(file.entries.get(name)).toMatchObject({ name, dtype, shape });
      expect(file.raw(name)).toEqual(data);
    }
    expect([...file.tensor('half').data]).toEqual([1, -2.5]);
    expect([...file.tensor('brain').data]).toEqual([1, -2.5]);
    expect(file.float32('scalar "é"').data[0]).toBe(Math.fround(Math.PI));
    expect(file.tensor('flags')).toEqual({ dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) });
    expect(file.tensor('long').dtype).toBe('int64');
  });

  it('reads aligned tensors as views, unaligned ones as copies', () => {
    const bytes = writeSafetensors(all);
    const file = readSafetensors(bytes);
    for (const { name } of all) expect(file.raw(name).buffer, name).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const odd = readSafetensors(shifted.subarray(1));
    expect(odd.raw('7')).toEqual(file.raw('7'));
    expect(odd.raw('7').buffer).not.toBe(shifted.buffer);
    expect(odd.raw('bytes').buffer).toBe(shifted.buffer);
  });

  it('writes views of the given memory, not copies, and the same bytes each time', () => {
    const flat = new Float32Array(10);
    const chunks = safetensorsChunks([namedArray('a', tensor([4], flat.subarray(0, 4))), namedArray('b', tensor([2, 3], flat.subarray(4)))]);
    expect(chunks).toHaveLength(3);
    expect(chunks[1].buffer).toBe(flat.buffer);
    expect(chunks[2].byteOffset).toBe(16);
    expect(writeSafetensors(all)).toEqual(writeSafetensors(all));
  });

  it('refuses what cannot be written', () => {
    expect(() => safetensorsChunks([all[0], all[0]])).toThrow(/"bytes" is given twice/);
    expect(() => safetensorsChunks([{ ...all[5], shape: [5] }])).toThrow(/shape \[5\] needs 5 elements but 4 came/);
    expect(() => safetensorsChunks([{ ...all[5], dtype: 'F16' }])).toThrow(/F16 data must be a Uint16Array, got a Float32Array/);
  });

  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['an empty file', new Uint8Array(0), /bad\.safetensors: .*8 length bytes, but it has 0/],
    ['a huge header length', fileOf({}, 0, 2n ** 63n), /offset 0: header length 9223372036854775808 is above the limit/],
    ['a header longer than the file', fileOf({}, 0, 50_000n), /offset 0: header length 50000 does not fit a file of 10 bytes/],
    ['text that is no JSON', fileOf('{"a": '), /offset 8: the header is not valid JSON/],
    ['a header that is no object', fileOf('[1]'), /must start with "\{"/],
    ['bytes that are no UTF-8', fileOf('{"\u0001'.slice(0, 2)).fill(0xff, 9), /not valid JSON/],
    ['an unknown dtype', fileOf({ w: { dtype: 'F8_E5M2', shape: [1], data_offsets: [0, 1] } }, 1), /unknown dtype in bad\.safetensors: tensor "w": "F8_E5M2"; one of BOOL/],
    ['offsets beyond the file', fileOf({ w: f32(0, 4000, [1000]) }, 8), /\[0, 4000\] lie outside the file.*has 8 bytes/],
    ['offsets that run backwards', fileOf({ w: f32(8, 4, [1]) }, 8), /lie outside/],
    ['negative offsets', fileOf({ w: f32(-4, 0, [1]) }, 8), /data_offsets must be/],
    ['a shape that disagrees', fileOf({ w: f32(0, 8, [3]) }, 8), /F32 \[3\] takes 12 bytes but data_offsets span 8/],
    ['a shape whose product overflows', fileOf({ w: f32(0, 8, [2 ** 52, 2 ** 52]) }, 8), /takes .* bytes but/],
    ['a fractional shape', fileOf({ w: f32(0, 8, [1.5]) }, 8), /shape must be a list of sizes/],
    ['overlapping tensors', fileOf({ a: f32(0, 8, [2]), b: f32(4, 12, [2]) }, 12), /tensor "b" starts at offset \d+, inside the tensor before/],
    ['a hole', fileOf({ a: f32(0, 4, [1]), b: f32(8, 12, [1]) }, 12), /belong to no tensor/],
    ['surplus bytes at the end', fileOf({ a: f32(0, 4, [1]) }, 12), /tensors end at offset \d+ but the file has/],
    ['a name given twice', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2), /a name occurs twice/],
    ['metadata that is no string', fileOf({ __metadata__: { a: 1 } }), /__metadata__ "a" must be a string/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'bad.safetensors')).toThrow(message);
  });

  it('refuses every truncation of a file', () => {
    const bytes = writeSafetensors(all);
    for (let n = 0; n < bytes.length; n++) expect(() => readSafetensors(bytes.slice(0, n)), `${n} bytes`).toThrow(/safetensors: /);
  });

  it('names what a file has when asked for what it lacks', () => {
    const file = readSafetensors(writeSafetensors(all), 'w.safetensors');
    expect(() => file.float32('nope')).toThrow(/w\.safetensors: has no tensor "nope"; it has 9: /);
    expect(() => file.float32('ints')).toThrow(/is I32, not a float/);
  });

  const golden = fileURLToPath(new URL('../../../shared/golden/', import.meta.url));
  const hasGolden = existsSync(golden);
  if (!hasGolden) console.warn('SKIPPED: golden files are absent; safetensors is not checked against files of other libraries');
  it.skipIf(!hasGolden)('reads every file that the reference library wrote', () => {
    let files = 0;
    for (const path of readdirSync(golden, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.safetensors')) continue;
      const file = readSafetensors(new Uint8Array(readFileSync(golden + path)), path);
      for (const { name, shape } of file.entries.values()) expect(file.tensor(name).data.length).toBe(shape.reduce((a, b) => a * b, 1));
      files++;
    }
    expect(files).toBeGreaterThan(10);
  });
});
