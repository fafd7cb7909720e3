/** What programs do to the memory of a process; run in a process of their own. */
import { sizeOf } from '../../../src/core/shape.ts';
import { estimateMemory } from '../../../src/graph/memory.ts';
import type { OnnxModel } from '../../../src/graph/onnx.ts';
import { denoisingNetwork } from '../../../src/models/denoising-network.ts';
import type { Device } from '../../../src/runtime/device.ts';
import { compile } from '../../../src/runtime/program.ts';
import { denoisingModels } from '../../../src/train/denoising-program.ts';
import { affine, manySteps } from './programs.ts';

const MB = 2 ** 20;
const collect = (): void => (globalThis as { gc?: () => void }).gc?.();
const rss = (): number => process.memoryUsage.rss() / MB;

function unetStep(batch: number): OnnxModel {
  const network = denoisingNetwork('unet2d', {
    inChannels: 3, outChannels: 3, blockOutChannels: [32, 64], downBlockTypes: ['DownBlock2D', 'AttnDownBlock2D'], upBlockTypes: ['AttnUpBlock2D', 'UpBlock2D'], layersPerBlock: 1, normNumGroups: 8,
  }, [3, 32, 32]);
  return denoisingModels(network, batch, { device: 'cpu', mode: 'fast' }).training;
}

function arraysFor(infos: OnnxModel['inputs']): Record<string, Float32Array> {
  return Object.fromEntries(infos.map(({ name, dtype, shape }) => {
    if (dtype !== 'float32') throw new Error(`${name} is ${dtype}`);
    return [name, Float32Array.from({ length: sizeOf(shape) }, (_v, i) => Math.sin(i) / 10)];
  }));
}

/** Estimated against measured: the growth of the process over runs of one training step, in MB. */
export async function estimateAgainstMeasured(batch: number): Promise<{ estimated: number; measured: number }> {
  const model = unetStep(batch);
  const { peakBytes, inputBytes, outputBytes, constantBytes } = estimateMemory(model);
  const program = await compile(model, { device: 'cpu', threads: 1 });
  const [feeds, into] = [arraysFor(model.inputs), arraysFor(model.outputs)];
  collect();
  const before = rss();
  for (let i = 0; i < 2; i++) await program.run(feeds, into);
  const after = process.resourceUsage().maxRSS / 1024;
  await program.dispose();
  // Inputs, outputs and constants were there before the runs.
  return { estimated: (peakBytes - inputBytes - outputBytes - constantBytes) / MB, measured: after - before };
}

/** Resident memory in MB before and after `count` runs that were warmed up by as many. */
export async function runs(device: Device, count: number, intoArrays: boolean): Promise<{ before: number; after: number }> {
  const program = await compile(affine, { device });
  const feeds = { x: new Float32Array(6), k: new Int32Array(3) };
  const into: Record<string, Float32Array> = intoArrays ? { y: new Float32Array(6), total: new Float32Array(1) } : {};
  const go = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await program.run({ x: feeds.x, k: feeds.k }, into);
    collect();
  };
  await go(count);
  const before = rss();
  await go(count);
  const after = rss();
  await program.dispose();
  return { before, after };
}

/** The same for `count` cycles of compiling, running and disposing a program with a constant of 4 MB: what a cycle kept would show. */
export async function cycles(device: Device, count: number): Promise<{ before: number; after: number }> {
  const side = 1024;
  const model: OnnxModel = {
    opset: 21,
    nodes: [{ op: 'MatMul', domain: '', name: 'product', inputs: ['x', 'w'], outputs: ['y'], attributes: {} }],
    initializers: [{ name: 'w', dtype: 'float32', shape: [side, side], data: new Float32Array(side * side).fill(0.01) }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, side] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1, side] }],
  };
  const feeds = arraysFor(model.inputs);
  const go = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) {
      const program = await compile(model, { device });
      await program.run(feeds);
      await program.dispose();
      collect();
    }
  };
  await go(count);
  const before = rss();
  await go(count);
  return { before, after: rss() };
}

/** The same for `count` steps whose state stays on the device. */
export async function keeps(device: Device, count: number): Promise<{ before: number; after: number }> {
  const go = async (n: number): Promise<void> => {
    await manySteps(device, n);
    collect();
  };
  await go(count);
  const before = rss();
  await go(count);
  return { before, after: rss() };
}
