/** Programs run in loops keep the memory of the process where it was; the memory estimate is what is measured. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/runtime/device.ts';
import { callInChild, softwareGpu } from './node-child.ts';

interface Growth {
  readonly before: number;
  readonly after: number;
}
// WASM code stays as first compiled: V8 would recompile what runs often, at some moment, and keep both.
const FLAGS = ['--expose-gc', '--liftoff-only'];
const measure = async (name: string, args: readonly unknown[], env: NodeJS.ProcessEnv = {}): Promise<Growth> => {
  const { value } = await callInChild<Growth>('memory', name, args, { env, flags: FLAGS });
  console.log(`${name}(${args.join(', ')}): ${value.before.toFixed(0)} MB, then ${value.after.toFixed(0)} MB`);
  return value;
};

describe('memory of a process, in MB', () => {
  it.each<[Device, boolean]>([['cpu', true], ['cpu', false], ['wasm', false]])('a thousand runs on %s, outputs given: %s', async (device, given) => {
    const { before, after } = await measure('runs', [device, 1000, given]);
    expect(after - before).toBeLessThan(12);
  });

  it.each<[Device]>([['cpu'], ['wasm']])('thirty programs of 4 MB on %s, one after the other', async (device) => {
    const { before, after } = await measure('cycles', [device, 30]);
    expect(after - before).toBeLessThan(20);
  });

  const gpu = softwareGpu('memory on WebGPU in Node');
  it.skipIf(!gpu)('state kept on webgpu for three hundred steps', async () => {
    const { before, after } = await measure('keeps', ['webgpu', 300], gpu);
    expect(after - before).toBeLessThan(20);
  });

  it('the estimate of a training step', async () => {
    const { value: { estimated, measured } } = await callInChild<{ estimated: number; measured: number }>('memory', 'estimateAgainstMeasured', [8], { flags: ['--expose-gc'] });
    console.log(`a training step: estimated ${estimated.toFixed(0)} MB, measured ${measured.toFixed(0)} MB`);
    expect(measured / estimated).toBeGreaterThan(0.9);
    expect(measured / estimated).toBeLessThan(1.35);
  });
});
