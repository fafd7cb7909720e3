/** The same training run, with the same losses, everywhere: native CPU, WASM and WebGPU in Node, WebGPU and WASM in a page. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../src/runtime/device.ts';
import { callInChild, softwareGpu } from './browser/node-child.ts';
import { lacksBrowser, withPage } from './browser/page.ts';

type Call = (name: string, ...args: readonly unknown[]) => Promise<number[]>;
const inNode = (env: NodeJS.ProcessEnv = {}): Call => async (name, ...args) => (await callInChild<number[]>('training', name, args, { env })).value;

const STEPS = 6;
const UNET_STEPS = 2;
/** Float32 sums in another order; on GPUs also other exponentials. */
const TOLERANCE = 2e-5;

let exact: number[];
let unet: number[];
beforeAll(async () => {
  const call = inNode();
  exact = await call('sgd', 'cpu', 'exact', STEPS);
  unet = await call('unet', 'cpu', 'host', UNET_STEPS);
});

function agree(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  const worst = Math.max(...got.map((value, i) => Math.abs(value - want[i]) / Math.abs(want[i])));
  console.log(`${got.map((v) => v.toFixed(6)).join(' ')}: at most ${worst.toExponential(1)} off`);
  expect(worst).toBeLessThan(TOLERANCE);
}

async function trains(call: Call, device: Device): Promise<void> {
  agree(await call('sgd', device, 'fast', STEPS), exact);
  // A whole U-Net with its optimizer, on WebGPU with all state kept on the device.
  agree(await call('unet', device, device === 'webgpu' ? 'device' : 'host', UNET_STEPS), unet);
}

describe('a training run', () => {
  it('learns on the CPU, with exact and with fast formulations', async () => {
    for (let i = 1; i < STEPS; i++) expect(exact[i]).toBeLessThan(exact[i - 1]);
    expect(exact[STEPS - 1]).toBeLessThan(0.95 * exact[0]);
    agree(await inNode()('sgd', 'cpu', 'fast', STEPS), exact);
  });

  it('gives the same losses in WASM in Node', () => trains(inNode(), 'wasm'));

  const gpu = softwareGpu('training on WebGPU in Node');
  it.skipIf(!gpu)('gives the same losses on WebGPU in Node', () => trains(inNode(gpu), 'webgpu'));

  it.skipIf(!gpu)('runs every node on the GPU', async () => {
    // ONNX Runtime's verbose log says where it placed the nodes.
    const { value: nodes, stderr } = await callInChild<number>('training', 'placement', [], { env: gpu });
    expect(nodes).toBeGreaterThan(100);
    const [, provider] = /All nodes placed on \[(\w+)\]/.exec(stderr) ?? [undefined, stderr.split('\n').filter((line) => /placed on/.test(line)).join('\n')];
    expect(provider).toBe('WebGpuExecutionProvider');
  });

  it.skipIf(lacksBrowser('training in a page'))('gives the same losses in a page, on WebGPU and in WASM', () => withPage(async (page) => {
    const call: Call = (name, ...args) => page.call('training', name, ...args);
    await trains(call, 'webgpu');
    await trains(call, 'wasm');
    expect(page.console.filter((line) => /^(error|pageerror)/.test(line))).toEqual([]);
  }));
});
