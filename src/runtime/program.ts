/** A compiled graph: {@link compile} makes a {@link Program}, which maps typed arrays to typed arrays. */
import { check, listed, NoisetteError } from '../core/errors.ts';
import type { TensorData } from '../core/tensor.ts';
import { decodeOnnx, encodeOnnx, type OnnxModel, type OnnxTensorInfo } from '../graph/onnx.ts';
import { bindArray, bindFeed, checkNames, createSlots } from './bind.ts';
import { resolveDevice, type Device, type DeviceChoice } from './device.ts';
import { createDeviceTensor, type DeviceTensor } from './device-tensor.ts';
import { loadBackend, startWeb, type OrtSession, type OrtTensor } from './ort.ts';
import { sessionOptions, type SessionChoices } from './session-options.ts';

export interface CompileOptions extends SessionChoices {
  /** Default `auto`. */
  readonly device?: DeviceChoice;
  /** In a page: URL of the folder with ONNX Runtime's .wasm files, when they do not lie beside its script. The first program decides. */
  readonly wasmPaths?: string;
}

export type Feeds = Readonly<Record<string, TensorData | DeviceTensor>>;

export interface Program {
  readonly device: Device;
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
  /**
   * Runs once: an array or a {@link DeviceTensor} for each input; arrays are read during the run and not kept. Gives all outputs: in the arrays of `into`
   * where given (views of a larger array will do; they must not overlap an input's), kept on the device if so compiled, else in new arrays. Runs started together follow each other.
   * Throws, before anything runs, on unknown or missing names and on wrong types or lengths; throws after {@link dispose}.
   */
  run(feeds: Feeds, into?: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData | DeviceTensor>>;
  /** Frees the program after the runs already started. Tensors it kept on the device stay valid. */
  dispose(): Promise<void>;
}

/**
 * Compiles a model (or an ONNX file's bytes) for a device. Expensive (up to seconds): compile once, run often. Shapes are static. Throws
 * when the device is absent or ONNX Runtime refuses the model.
 */
export async function compile(model: OnnxModel | Uint8Array, options: CompileOptions = {}): Promise<Program> {
  const { inputs, outputs } = model instanceof Uint8Array ? decodeOnnx(model) : model;
  const inputSlots = createSlots('compile', inputs);
  const outputSlots = createSlots('compile', outputs);
  const kept = new Set(options.keepOnDevice);
  for (const name of kept) check(outputSlots.has(name), 'compile', () => `keepOnDevice names ${JSON.stringify(name)}, which is no output; one of ${listed(outputSlots.keys())}`);

  const device = await resolveDevice(options.device);
  const backend = await loadBackend(device);
  startWeb(backend, options);
  const session = await backend.enqueue(() => createSession(model, device, options, [...outputSlots.keys()], backend.ort));
  // With outputs bound to the GPU, Node's binding ignores arrays given for the others, as the web builds always do: copy instead.
  const inPlace = backend.native && !(device === 'webgpu' && kept.size > 0);

  let disposed = false;
  let liveTensors = 0;
  let released = false;
  /** GPU buffers belong to their session: it is released after the last of them. */
  const releaseWhenUnused = async (): Promise<void> => {
    if (!disposed || liveTensors > 0 || released) return;
    released = true;
    await session.release();
  };
  const keep = (info: OnnxTensorInfo, tensor: OrtTensor): DeviceTensor => {
    if (tensor.location === 'cpu') return createDeviceTensor(device, info.dtype, info.shape, { tensor, backend });
    liveTensors++;
    return createDeviceTensor(device, info.dtype, info.shape, { tensor, backend }, () => {
      liveTensors--;
      if (disposed) void backend.enqueue(releaseWhenUnused);
    });
  };

  async function execute(feeds: Feeds, into: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData | DeviceTensor>> {
    const ortFeeds: Record<string, OrtTensor> = {};
    for (const [name, slot] of inputSlots) ortFeeds[name] = bindFeed('run', slot, feeds[name], backend);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const [name, slot] of outputSlots) {
      const target = into[name];
      const bound = target === undefined ? null : bindArray('run', slot, target, backend);
      fetches[name] = inPlace ? bound : null;
    }
    const results = await session.run(ortFeeds, fetches);
    const out: Record<string, TensorData | DeviceTensor> = {};
    for (const [name, slot] of outputSlots) {
      const target = into[name];
      if (kept.has(name)) out[name] = keep(slot, results[name]);
      else if (target === undefined) out[name] = results[name].data as TensorData;
      else {
        if (!inPlace) (target as Uint8Array).set(results[name].data as Uint8Array);
        out[name] = target;
      }
    }
    return out;
  }

  return {
    device,
    inputs,
    outputs,
    async run(feeds, into = {}) {
      check(!disposed, 'run', 'the program was disposed; compile it again');
      checkNames('run', feeds, inputSlots);
      checkNames('run', into, outputSlots);
      for (const name in into) check(!kept.has(name), 'run', () => `${name} stays on the device; read it back with readBack`);
      return backend.enqueue(() => execute(feeds, into));
    },
    async dispose() {
      disposed = true;
      await backend.enqueue(releaseWhenUnused);
    },
  };
}

async function createSession(model: OnnxModel | Uint8Array, device: Device, choices: SessionChoices, outputs: readonly string[], ort: Awaited<ReturnType<typeof loadBackend>>['ort']): Promise<OrtSession> {
  try {
    return await ort.InferenceSession.create(model instanceof Uint8Array ? model : encodeOnnx(model), sessionOptions(device, choices, outputs));
  } catch (error) {
    throw new NoisetteError(`compile: ONNX Runtime refused the model for ${device}: ${(error as Error).message}`, { cause: error });
  }
}
