/** Everything a program promises, exercised on one device; the tests compare the answers of all devices with numbers worked out by hand. */
import type { OnnxModel, OnnxNode } from '../../../src/graph/onnx.ts';
import { availableDevices, describeDevices, resolveDevice, type Device, type DeviceReport } from '../../../src/runtime/device.ts';
import { readBack, type DeviceTensor } from '../../../src/runtime/device-tensor.ts';
import { compile, type Program } from '../../../src/runtime/program.ts';

const node = (op: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode => ({ op, domain: '', name: output, inputs, outputs: [output], attributes });

/** y = 2x + k (k integer), total = Σ y, next = k + 1. */
export const affine: OnnxModel = {
  opset: 18,
  nodes: [
    node('Cast', ['k'], 'kf', { to: { kind: 'int', value: 1 } }),
    node('Mul', ['x', 'two'], 'x2'),
    node('Add', ['x2', 'kf'], 'y'),
    node('ReduceSum', ['y'], 'total', { keepdims: { kind: 'int', value: 0 } }),
    node('Add', ['k', 'one'], 'next'),
  ],
  initializers: [
    { name: 'two', dtype: 'float32', shape: [], data: Float32Array.of(2) },
    { name: 'one', dtype: 'int32', shape: [], data: Int32Array.of(1) },
  ],
  inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }, { name: 'k', dtype: 'int32', shape: [3] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2, 3] }, { name: 'total', dtype: 'float32', shape: [] }, { name: 'next', dtype: 'int32', shape: [3] }],
};

/** One step of gradient descent on |p − goal|²/2: p′ = p − 0.25 (p − goal), with the loss. */
export const descent: OnnxModel = {
  opset: 18,
  nodes: [
    node('Sub', ['p', 'goal'], 'g'),
    node('Mul', ['g', 'rate'], 'd'),
    node('Sub', ['p', 'd'], 'p2'),
    node('Mul', ['g', 'g'], 'gg'),
    node('ReduceSum', ['gg'], 'loss', { keepdims: { kind: 'int', value: 0 } }),
  ],
  initializers: [{ name: 'rate', dtype: 'float32', shape: [], data: Float32Array.of(0.25) }],
  inputs: [{ name: 'p', dtype: 'float32', shape: [4] }, { name: 'goal', dtype: 'float32', shape: [4] }],
  outputs: [{ name: 'p2', dtype: 'float32', shape: [4] }, { name: 'loss', dtype: 'float32', shape: [] }],
};

const numbers = (data: unknown): number[] => Array.from(data as Float32Array);
const errorOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

const x = Float32Array.of(1, 2, 3, 4, 5, 6);
const k = Int32Array.of(10, 20, 30);

export interface Answers {
  readonly device: Device;
  readonly plain: { y: number[]; total: number[]; next: number[] };
  readonly flat: number[];
  readonly given: boolean;
  readonly together: number[];
  readonly errors: Record<string, string>;
}

/** Plain runs, outputs into views of one array, two runs at once, and the errors. */
export async function exercise(device: Device): Promise<Answers> {
  const program = await compile(affine, { device });
  const first = await program.run({ x, k });
  // y into the middle of a larger array whose other values must stay; the input a view as well.
  const flat = new Float32Array(10).fill(-1);
  const shifted = new Float32Array(9);
  shifted.set(x, 2);
  const y = flat.subarray(3, 9);
  await program.run({ x: shifted.subarray(2, 8), k }, { y });
  const second = await program.run({ x: shifted.subarray(2, 8), k }, { y });
  const both = await Promise.all([program.run({ x, k }), program.run({ x: x.map((v) => v + 1), k })]);
  const answers: Answers = {
    device: program.device,
    plain: { y: numbers(first.y), total: numbers(first.total), next: numbers(first.next) },
    flat: numbers(flat),
    given: second.y === y,
    together: both.map(({ total }) => numbers(total)[0]),
    errors: {
      missing: await errorOf(() => program.run({ x })),
      unknown: await errorOf(() => program.run({ x, k, z: x })),
      length: await errorOf(() => program.run({ x: x.subarray(1), k })),
      dtype: await errorOf(() => program.run({ x: k, k })),
      into: await errorOf(() => program.run({ x, k }, { y: new Float32Array(5) })),
      output: await errorOf(() => program.run({ x, k }, { z: x })),
    },
  };
  // A run that was started is finished before the program goes.
  const last = program.run({ x, k });
  await program.dispose();
  answers.errors.started = (await last.then(({ total }) => `total ${numbers(total)[0]}`, String));
  answers.errors.disposed = await errorOf(() => program.run({ x, k }));
  return answers;
}

export interface Kept {
  readonly losses: number[];
  readonly parameters: number[];
  readonly view: number[];
  readonly loss: number[];
  readonly errors: Record<string, string>;
}

/** State that stays on the device from step to step, goes to another program, outlives its own, and comes back. */
export async function keep(device: Device, steps: number): Promise<Kept> {
  const program: Program = await compile(descent, { device, keepOnDevice: ['p2'] });
  const goal = Float32Array.of(1, 2, 3, 4);
  const loss = new Float32Array(3).fill(-1);
  const losses: number[] = [];
  let p: Float32Array | DeviceTensor = new Float32Array(4);
  let old: DeviceTensor | undefined;
  for (let i = 0; i < steps; i++) {
    const out: Awaited<ReturnType<Program['run']>> = await program.run({ p, goal }, { loss: loss.subarray(1, 2) });
    if (old) old.dispose();
    old = out.p2 as DeviceTensor;
    p = old;
    losses.push(loss[1]);
  }
  const state = p as DeviceTensor;
  const other = await compile(descent, { device });
  const elsewhere = await other.run({ p: state, goal });
  const intoKept = await errorOf(() => program.run({ p: state, goal }, { p2: new Float32Array(4) }));
  await program.dispose();
  const view = new Float32Array(6).fill(-1);
  const { p: parameters } = await readBack({ p: state });
  await readBack({ p: state }, { p: view.subarray(1, 5) });
  const errors: Record<string, string> = {
    intoKept,
    shape: await errorOf(async () => {
      const wide = await compile({ ...descent, inputs: [{ name: 'p', dtype: 'float32', shape: [2, 2] }, { name: 'goal', dtype: 'float32', shape: [2, 2] }], outputs: [{ name: 'p2', dtype: 'float32', shape: [2, 2] }, descent.outputs[1]] }, { device });
      try {
        await wide.run({ p: state, goal });
      } finally {
        await wide.dispose();
      }
    }),
  };
  losses.push(numbers(elsewhere.loss)[0]);
  state.dispose();
  state.dispose();
  errors.disposed = await errorOf(() => readBack({ p: state }));
  errors.disposedFeed = await errorOf(() => other.run({ p: state, goal }));
  await other.dispose();
  return { losses, parameters: numbers(parameters), view: numbers(view), loss: numbers(loss), errors };
}

/** Many steps with state on the device: memory must not pile up. Gives the last loss. */
export async function manySteps(device: Device, steps: number): Promise<number> {
  return (await keep(device, steps)).losses.at(-1) as number;
}

export async function devices(): Promise<{ reports: DeviceReport[]; available: Device[]; auto: Device }> {
  return { reports: await describeDevices(), available: await availableDevices(), auto: await resolveDevice('auto') };
}

/** WASM threads: the first program's choice holds. */
export async function threads(device: Device): Promise<{ total: number; isolated: boolean; later: string }> {
  const program = await compile(affine, { device, threads: 2 });
  const { total } = await program.run({ x, k });
  await program.dispose();
  return { total: numbers(total)[0], isolated: globalThis.crossOriginIsolated, later: await errorOf(() => compile(affine, { device, threads: 3 })) };
}

export const ask = (device: string): Promise<string> => errorOf(() => resolveDevice(device as Device));
