/** Tensors that stay where a program computed them, to be fed to a program again or read back. */
import { check } from '../core/errors.ts';
import { sizeOf, type Shape } from '../core/shape.ts';
import type { Dtype, TensorData } from '../core/tensor.ts';
import type { Device } from './device.ts';
import { identityModel } from './identity.ts';
import type { Backend, OrtSession, OrtTensor } from './ort.ts';
import { providersOf } from './session-options.ts';

/**
 * An output that was kept on its device. On `webgpu` it holds GPU memory until {@link dispose}; elsewhere it is host memory with the same use.
 * It outlives the program that made it.
 */
export interface DeviceTensor {
  readonly device: Device;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly disposed: boolean;
  /** Frees the memory. Again is harmless; any other use afterwards throws. */
  dispose(): void;
}

interface Handle {
  readonly tensor: OrtTensor;
  readonly backend: Backend;
}
const handles = new WeakMap<DeviceTensor, Handle>();

export const isDeviceTensor = (value: TensorData | DeviceTensor): value is DeviceTensor => !ArrayBuffer.isView(value);

/** Wraps an output; `onDispose` runs once. */
export function createDeviceTensor(device: Device, dtype: Dtype, shape: Shape, handle: Handle, onDispose: () => void = () => undefined): DeviceTensor {
  let disposed = false;
  const tensor: DeviceTensor = {
    device,
    dtype,
    shape,
    get disposed() { return disposed; },
    dispose() {
      if (disposed) return;
      disposed = true;
      handles.delete(tensor);
      handle.tensor.dispose();
      onDispose();
    },
  };
  handles.set(tensor, handle);
  return tensor;
}

/** ONNX Runtime's tensor. Throws when it was disposed or lives in another runtime than `backend`. */
export function handleOf(where: string, name: string, tensor: DeviceTensor, backend?: Backend): Handle {
  const handle = handles.get(tensor);
  check(handle, where, () => `${JSON.stringify(name)} was disposed`);
  check(!backend || handle.backend === backend, where, () => `${JSON.stringify(name)} is on ${tensor.device} and cannot be used on another device; read it back first`);
  return handle;
}

/**
 * Copies tensors to the host: into the arrays of `into` where given (of the same length), else into new ones. Throws on disposed tensors.
 * Waits until the runs that were started before have ended.
 */
export async function readBack(tensors: Readonly<Record<string, DeviceTensor>>, into: Readonly<Record<string, TensorData>> = {}): Promise<Record<string, TensorData>> {
  const out: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const { backend } = handleOf('readBack', name, tensor);
    const data = await backend.enqueue(() => download(name, tensor));
    const target = into[name];
    if (target) {
      check(target.length === data.length && target.constructor === data.constructor, 'readBack', () => `into.${name} must be a ${data.constructor.name} of ${data.length} values`);
      (target as Uint8Array).set(data as Uint8Array);
    }
    out[name] = target ?? data;
  }
  return out;
}

async function download(name: string, tensor: DeviceTensor): Promise<TensorData> {
  const { tensor: held, backend } = handleOf('readBack', name, tensor);
  if (held.location === 'cpu') return (held.data as TensorData).slice();
  if (!backend.native) return (await held.getData()) as TensorData;
  // onnxruntime-node 1.30 aborts the process in getData(): let a program copy the buffer, taken as a vector, to the host.
  const session = await identitySession(backend, tensor.dtype);
  const { Tensor } = backend.ort;
  const vector = Tensor.fromGpuBuffer(held.gpuBuffer, { dataType: tensor.dtype, dims: [sizeOf(tensor.shape)] });
  const { y } = await session.run({ x: vector });
  return y.data as TensorData;
}

/** One a dtype, kept for good: sessions are not made in a loop. */
const sessions = new Map<Dtype, Promise<OrtSession>>();
function identitySession({ ort }: Backend, dtype: Dtype): Promise<OrtSession> {
  let session = sessions.get(dtype);
  if (!session) {
    session = ort.InferenceSession.create(identityModel(dtype), { executionProviders: providersOf('webgpu'), logSeverityLevel: 3 });
    sessions.set(dtype, session);
  }
  return session;
}
