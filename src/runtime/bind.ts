/** Checks what is given to a run against the model and makes ONNX Runtime's tensors of it, each array once. */
import { check, listed } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import type { DtypeArrays, Dtype, TensorData } from '../core/tensor.ts';
import type { OnnxTensorInfo } from '../graph/onnx-model.ts';
import { handleOf, isDeviceTensor, type DeviceTensor } from './device-tensor.ts';
import type { Backend, OrtTensor } from './ort.ts';

const ARRAYS: { readonly [D in Dtype]: { readonly name: string; new (length: number): DtypeArrays[D] } } = {
  float32: Float32Array, int32: Int32Array, int64: BigInt64Array, uint8: Uint8Array, bool: Uint8Array,
};

/** One input or output of a model, with the tensors made for it before. */
export interface Slot extends OnnxTensorInfo {
  readonly size: number;
  readonly tensors: WeakMap<TensorData, OrtTensor>;
}

export function createSlots(where: string, infos: readonly OnnxTensorInfo[]): ReadonlyMap<string, Slot> {
  return new Map(infos.map((info) => {
    check(info.shape.every((d) => d >= 0), where, () => `${JSON.stringify(info.name)} has shape ${showShape(info.shape)}; programs need static shapes`);
    return [info.name, { ...info, size: sizeOf(info.shape), tensors: new WeakMap() }];
  }));
}

const describe = ({ name, dtype, shape }: OnnxTensorInfo): string => `${name} (${dtype} ${showShape(shape)})`;

/** The names in `given` must be among the slots. */
export function checkNames(where: string, given: Readonly<Record<string, unknown>>, slots: ReadonlyMap<string, Slot>): void {
  for (const name in given) {
    check(slots.has(name), where, () => `${JSON.stringify(name)} is unknown; one of ${listed(Array.from(slots.values(), describe))}`);
  }
}

/** A tensor over `data` itself, no copy: checked the first time the array is seen. */
export function bindArray(where: string, slot: Slot, data: TensorData, { ort }: Backend): OrtTensor {
  let tensor = slot.tensors.get(data);
  if (!tensor) {
    const kind = ARRAYS[slot.dtype];
    check(data instanceof kind, where, () => `${describe(slot)} needs a ${kind.name} but got ${(data as object)?.constructor?.name ?? String(data)}`);
    check(data.length === slot.size, where, () => `${describe(slot)} needs ${slot.size} values but ${data.length} came`);
    check(typeof SharedArrayBuffer === 'undefined' || !(data.buffer instanceof SharedArrayBuffer), where, () => `${describe(slot)} is over a SharedArrayBuffer, which ONNX Runtime refuses; copy it first`);
    tensor = new ort.Tensor(slot.dtype, data as Uint8Array, slot.shape);
    slot.tensors.set(data, tensor);
  }
  return tensor;
}

/** The tensor of one feed. */
export function bindFeed(where: string, slot: Slot, value: TensorData | DeviceTensor | undefined, backend: Backend): OrtTensor {
  check(value !== undefined, where, () => `input ${describe(slot)} is missing`);
  if (!isDeviceTensor(value)) return bindArray(where, slot, value, backend);
  const { tensor } = handleOf(where, slot.name, value, backend);
  check(value.dtype === slot.dtype && sizeOf(value.shape) === slot.size && value.shape.length === slot.shape.length && value.shape.every((d, i) => d === slot.shape[i]), where,
    () => `${describe(slot)} was given a tensor of ${value.dtype} ${showShape(value.shape)}`);
  return tensor;
}
