/** One set of promises, five places: native CPU, WASM and WebGPU in Node, WebGPU and WASM in a page. */
import { describe, expect, it } from 'vitest';
import type { Device, DeviceReport } from '../../src/runtime/device.ts';
import { callInChild, softwareGpu } from './node-child.ts';
import { lacksBrowser, withPage } from './page.ts';
import type { Answers, Kept } from './tasks/programs.ts';

type Call = <T>(name: string, ...args: readonly unknown[]) => Promise<T>;

/** p after n steps is goal·(1 − 0.75ⁿ); the loss before step n + 1 is |goal|²·0.75²ⁿ. */
const STEPS = 6;
const GOAL = [1, 2, 3, 4];

async function holds(device: Device, call: Call): Promise<void> {
  const answers = await call<Answers>('exercise', device);
  expect(answers.device).toBe(device);
  expect(answers.plain).toEqual({ y: [12, 24, 36, 18, 30, 42], total: [162], next: [11, 21, 31] });
  expect(answers.flat).toEqual([-1, -1, -1, 12, 24, 36, 18, 30, 42, -1]);
  expect(answers.given).toBe(true);
  expect(answers.together).toEqual([162, 174]);
  const { errors } = answers;
  expect(errors.missing).toBe('run: input k (int32 [3]) is missing');
  expect(errors.unknown).toMatch(/^run: "z" is unknown; one of x \(float32 \[2, 3\]\), k \(int32 \[3\]\)$/);
  expect(errors.length).toBe('run: x (float32 [2, 3]) needs 6 values but 5 came');
  expect(errors.dtype).toBe('run: x (float32 [2, 3]) needs a Float32Array but got Int32Array');
  expect(errors.into).toBe('run: y (float32 [2, 3]) needs 6 values but 5 came');
  expect(errors.output).toMatch(/^run: "z" is unknown; one of y/);
  expect(errors.started).toBe('total 162');
  expect(errors.disposed).toMatch(/was disposed/);

  const kept = await call<Kept>('keep', device, STEPS);
  for (let n = 0; n <= STEPS; n++) expect(kept.losses[n]).toBeCloseTo(30 * 0.75 ** (2 * n), 4);
  const want = GOAL.map((g) => g * (1 - 0.75 ** STEPS));
  want.forEach((v, i) => expect(kept.parameters[i]).toBeCloseTo(v, 5));
  expect(kept.view).toEqual([-1, ...kept.parameters, -1]);
  expect([kept.loss[0], kept.loss[2]]).toEqual([-1, -1]);
  expect(kept.errors.intoKept).toMatch(/p2 stays on the device/);
  expect(kept.errors.shape).toMatch(/p \(float32 \[2, 2\]\) was given a tensor of float32 \[4\]/);
  expect(kept.errors.disposed).toMatch(/"p" was disposed/);
  expect(kept.errors.disposedFeed).toMatch(/"p" was disposed/);
}

const inNode = (env: NodeJS.ProcessEnv = {}): Call => async <T>(name: string, ...args: readonly unknown[]) => {
  const { value, stderr } = await callInChild<T>('programs', name, args, { env });
  // ONNX Runtime's warnings are not for the user's terminal.
  expect(stderr).toBe('');
  return value;
};

describe('programs in Node', () => {
  it('hold on cpu', () => holds('cpu', inNode()));
  it('hold on wasm', () => holds('wasm', inNode()));

  const gpu = softwareGpu('WebGPU in Node');
  it.skipIf(!gpu)('hold on webgpu', () => holds('webgpu', inNode(gpu)));

  it.skipIf(!gpu)('auto passes a software GPU over, asking for it is allowed', async () => {
    const found = await inNode(gpu)<{ reports: DeviceReport[]; available: Device[]; auto: Device }>('devices');
    expect(found.available).toContain('webgpu');
    expect(found.reports.find(({ device }) => device === 'webgpu')).toMatchObject({ available: true, software: true });
    expect(found.auto).not.toBe('webgpu');
  });

  it('an absent device is named with what is there and how to get it', async () => {
    const call = inNode({ VK_ICD_FILENAMES: '/nowhere.json' });
    expect(await call('ask', 'gpu')).toBe('unknown device "gpu"; one of auto, cpu, webgpu, cuda, wasm');
    const { available } = await call<{ available: Device[] }>('devices');
    expect(available).toEqual(expect.arrayContaining(['cpu', 'wasm']));
    if (process.platform === 'linux') expect(await call('ask', 'webgpu')).toMatch(/^device: webgpu is not available here \(no Vulkan loader or driver was found; install .*\); there are .*cpu, wasm$/);
    if (!available.includes('cuda')) expect(await call('ask', 'cuda')).toMatch(/^device: cuda is not available here \(.+\); there are .*cpu, wasm$/);
  });
});

describe('programs in a page', () => {
  const skip = lacksBrowser('programs in a page');
  it.skipIf(skip)('hold on webgpu and wasm', () => withPage(async (page) => {
    const call: Call = (name, ...args) => page.call('programs', name, ...args);
    expect(await call('threads', 'wasm')).toEqual({ total: 162, isolated: true, later: 'compile: WASM was started with threads: 2 and cannot change to 3; give the first program { threads: 3 }' });
    await holds('webgpu', call);
    await holds('wasm', call);
    const found = await call<{ reports: DeviceReport[]; available: Device[]; auto: Device }>('devices');
    expect(found.available).toEqual(['webgpu', 'wasm']);
    expect(found.auto).toBe('wasm');
    expect(await call('ask', 'cpu')).toBe('device: cpu is not available here (cpu exists in Node only); there are webgpu, wasm');
    expect(page.console.filter((line) => !line.startsWith('debug'))).toEqual([]);
  }));
});
