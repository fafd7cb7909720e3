/** A tensor on the host: an element type, a shape, and a typed array in row-major order. */
import { check } from './errors.ts';
import { showShape, sizeOf, type Shape } from './shape.ts';

/** Element types that graphs and files share. */
export interface DtypeArrays {
  float32: Float32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}
export type Dtype = keyof DtypeArrays;
export type TensorData = DtypeArrays[Dtype];

/** Numbers with a shape; row-major. The plain container that crosses every layer on the host. */
export interface Tensor<D extends Dtype = 'float32'> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: DtypeArrays[D];
}
export type AnyTensor = { [D in Dtype]: Tensor<D> }[Dtype];

export const BYTES_PER_ELEMENT: Readonly<Record<Dtype, number>> = { float32: 4, int32: 4, int64: 8, uint8: 1, bool: 1 };

/** A float32 tensor; zeros unless `data` is given. Throws when the length does not match the shape. */
export function tensor(shape: Shape, data: Float32Array | readonly number[] = new Float32Array(sizeOf(shape))): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  check(values.length === sizeOf(shape), 'tensor', () => `shape ${showShape(shape)} needs ${sizeOf(shape)} values but ${values.length} came`);
  return { dtype: 'float32', shape, data: values };
}

export const intTensor = (shape: Shape, data: Int32Array | readonly number[]): Tensor<'int32'> => ({
  dtype: 'int32',
  shape,
  data: data instanceof Int32Array ? data : Int32Array.from(data),
});
