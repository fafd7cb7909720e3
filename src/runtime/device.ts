/**
 * Devices: where a program computes.
 *
 *   cpu     ONNX Runtime's native kernels                       Node
 *   cuda    an NVIDIA GPU                                       Node on Linux x64, after installing its provider
 *   webgpu  any GPU through WebGPU (Vulkan, Metal, Direct3D)    Node, pages
 *   wasm    WebAssembly                                         everywhere
 *
 * `auto` takes the best that works: cuda, webgpu (only on a real GPU), cpu, wasm.
 */
import { NoisetteError, oneOf } from '../core/errors.ts';
import { browserAdapter, nodeAdapter, type Adapter } from './adapters.ts';
import { builtin, inNode, loadBackend } from './ort.ts';
import { providersOf } from './session-options.ts';
import { identityModel } from './identity.ts';

export type Device = 'cpu' | 'webgpu' | 'cuda' | 'wasm';
export type DeviceChoice = Device | 'auto';

/** What is known of one device here. */
export interface DeviceReport {
  readonly device: Device;
  /** Whether a program can be compiled for it (found, natively, by compiling a tiny one). */
  readonly available: boolean;
  /** Whether it is a software GPU: right, but slower than the CPU; `auto` passes it over. */
  readonly software: boolean;
  /** When it is not available: why, and how to get it. */
  readonly reason?: string;
}

const ORDER: readonly Device[] = ['cuda', 'webgpu', 'cpu', 'wasm'];
const CHOICES = { auto: 'auto', cpu: 'cpu', webgpu: 'webgpu', cuda: 'cuda', wasm: 'wasm' } as const;

/** All devices, the best first, each with whether it works here and, if not, how to get it. Found once, then remembered. */
export const describeDevices = (): Promise<DeviceReport[]> => Promise.all(ORDER.map(report));

/** The devices that programs can be compiled for here, the best first; software GPUs among them. */
export async function availableDevices(): Promise<Device[]> {
  return (await describeDevices()).filter(({ available }) => available).map(({ device }) => device);
}

/** The device that `choice` means here. Throws when it is unknown or absent, saying what is there and how to get what was asked for. */
export async function resolveDevice(choice: DeviceChoice = 'auto'): Promise<Device> {
  if (oneOf('device', CHOICES, choice) === 'auto') {
    for (const device of ORDER) {
      const { available, software } = await report(device);
      if (available && !software) return device;
    }
    throw new NoisetteError('device: neither onnxruntime-node nor onnxruntime-web works here; reinstall them with npm install');
  }
  const wanted = await report(choice as Device);
  if (!wanted.available) {
    throw new NoisetteError(`device: ${choice} is not available here (${wanted.reason}); there are ${(await availableDevices()).join(', ')}`);
  }
  return wanted.device;
}

const reports = new Map<Device, Promise<DeviceReport>>();

function report(device: Device): Promise<DeviceReport> {
  let pending = reports.get(device);
  if (!pending) {
    pending = inspect(device);
    reports.set(device, pending);
  }
  return pending;
}

async function inspect(device: Device): Promise<DeviceReport> {
  const absent = (reason: string): DeviceReport => ({ device, available: false, software: false, reason });
  let adapter: Adapter = 'real';
  if (!inNode()) {
    if (device === 'cpu' || device === 'cuda') return absent(`${device} exists in Node only`);
    if (device === 'webgpu') adapter = await browserAdapter();
    if (adapter === 'none') return absent('this browser offers no WebGPU adapter; use a recent Chrome, Edge, Safari or Firefox with hardware acceleration on');
  } else if (device === 'cuda') {
    const missing = missingForCuda();
    if (missing) return absent(missing);
  } else if (device === 'webgpu') {
    adapter = nodeAdapter();
    if (adapter === 'none') return absent('no Vulkan loader or driver was found; install the GPU driver and libvulkan1');
  }
  try {
    await tryOut(device);
  } catch (error) {
    return absent(`${HOW_TO_GET[device]}; ONNX Runtime says: ${(error as Error).message.replace(/^.*?(was false\.|\[ONNXRuntimeError\] :)\s*/s, '').trim()}`);
  }
  return { device, available: true, software: adapter === 'software' };
}

const HOW_TO_GET: Readonly<Record<Device, string>> = {
  cpu: 'install onnxruntime-node, which has binaries for Linux and Windows on x64 and arm64 and for macOS on arm64',
  cuda: 'its libraries must be on the loader path: CUDA 12 and cuDNN 9',
  webgpu: 'install a current driver of the GPU',
  wasm: 'install onnxruntime-web',
};

function missingForCuda(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'its provider exists for Linux on x64 only';
  const fs = builtin('fs');
  if (!['/dev/nvidiactl', '/dev/dxg'].some((file) => fs.existsSync(file))) return 'there is no NVIDIA GPU';
  let root: string;
  try {
    root = builtin('path').dirname(builtin('module').createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return 'onnxruntime-node is not installed';
  }
  if (fs.existsSync(`${root}/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so`)) return undefined;
  return 'its provider is not installed; run npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12 --ignore-scripts=false';
}

/** Loads ONNX Runtime and, natively, compiles a program of one node. The web builds need no more: they bring their own code, and a first session would settle their threads. */
async function tryOut(device: Device): Promise<void> {
  const backend = await loadBackend(device);
  if (!backend.native) return;
  await backend.enqueue(async () => {
    const session = await backend.ort.InferenceSession.create(identityModel('float32'), { executionProviders: providersOf(device), logSeverityLevel: 4 });
    await session.release();
  });
}
