import { describe, expect, it } from 'vitest';
import type { OnnxModel } from '../graph/onnx.ts';
import { createProgramCache } from './cache.ts';
import { compile } from './program.ts';

const scaling = (factor: number): OnnxModel => ({
  opset: 18,
  nodes: [{ op: 'Mul', domain: '', name: 'n', inputs: ['x', 'f'], outputs: ['y'], attributes: {} }],
  initializers: [{ name: 'f', dtype: 'float32', shape: [], data: Float32Array.of(factor) }],
  inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
});
const x = Float32Array.of(3);

describe('createProgramCache', () => {
  it('makes a program once a key, also when asked twice at the same time', async () => {
    const cache = createProgramCache(2);
    let made = 0;
    const make = () => { made++; return compile(scaling(2), { device: 'cpu' }); };
    const [a, b] = await Promise.all([cache.get('two', make), cache.get('two', make)]);
    expect(a).toBe(b);
    expect(await cache.get('two', make)).toBe(a);
    expect(made).toBe(1);
    expect((await a.run({ x })).y[0 as never]).toBe(6);
    await cache.dispose();
    expect(cache.size).toBe(0);
    await expect(a.run({ x })).rejects.toThrow(/disposed/);
  });

  it('disposes the least recently used, after the runs it has started', async () => {
    const cache = createProgramCache(2);
    const get = (factor: number) => cache.get(String(factor), () => compile(scaling(factor), { device: 'cpu' }));
    const [one, two] = [await get(1), await get(2)];
    await get(1);
    const running = two.run({ x });
    const three = await get(3);
    expect(cache.size).toBe(2);
    expect((await running).y[0 as never]).toBe(6);
    await expect(two.run({ x })).rejects.toThrow(/disposed/);
    expect((await one.run({ x })).y[0 as never]).toBe(3);
    expect((await three.run({ x })).y[0 as never]).toBe(9);
    await cache.dispose();
  });

  it('holds its limit when many keys come at once', async () => {
    const cache = createProgramCache(1);
    const programs = await Promise.all([1, 2, 3, 2, 1].map((factor) => cache.get(String(factor), () => compile(scaling(factor), { device: 'cpu' }))));
    expect(cache.size).toBe(1);
    const alive = await Promise.all([...new Set(programs)].map((p) => p.run({ x }).then(() => 1, () => 0)));
    expect(alive.reduce<number>((a, b) => a + b, 0)).toBe(1);
    await cache.dispose();
  });

  it('forgets a failure', async () => {
    const cache = createProgramCache(1);
    await expect(cache.get('k', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    const program = await cache.get('k', () => compile(scaling(2), { device: 'cpu' }));
    expect((await program.run({ x })).y[0 as never]).toBe(6);
    await cache.dispose();
    expect(() => createProgramCache(0)).toThrow(/limit must be a positive integer/);
  });
});
