/** The reference interpreter: runs a graph on the host, one operator after another, by their reference values. Slow and plain: the oracle. */
import { check, listed } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { AnyTensor, Dtype, TensorData } from '../core/tensor.ts';
import { CONSTANT, INPUT, reachable } from './graph.ts';
import type { Value } from './types.ts';

export function arrayOf(dtype: Dtype, values: ArrayLike<number | bigint>): TensorData {
  switch (dtype) {
    case 'float32': return Float32Array.from(values as ArrayLike<number>);
    case 'int32': return Int32Array.from(values as ArrayLike<number>);
    case 'int64': return BigInt64Array.from(Array.from(values, BigInt));
    default: return Uint8Array.from(values as ArrayLike<number>);
  }
}

/**
 * Values of `outputs` for the given inputs (by graph-input name).
 * @param precision `double` keeps intermediate float results unrounded (for finite differences); `single` rounds each to float32.
 */
export function evaluate(outputs: readonly Value[], feeds: Readonly<Record<string, ArrayLike<number | bigint>>>, precision: 'single' | 'double' = 'single'): AnyTensor[] {
  const results = new Map<Value, AnyTensor>();
  const store = (value: Value, data: ArrayLike<number | bigint>): void => {
    check(data.length === sizeOf(value.shape), 'evaluate', () => `${value.record.name} gave ${data.length} values for ${sizeOf(value.shape)}`);
    const kept = value.dtype === 'float32' && precision === 'double' ? Float64Array.from(data as ArrayLike<number>) : arrayOf(value.dtype, data);
    results.set(value, { dtype: value.dtype, shape: value.shape, data: kept } as unknown as AnyTensor);
  };
  for (const value of reachable(outputs)) {
    if (value.record === CONSTANT) store(value, value.data!);
    else if (value.record === INPUT) {
      const name = value.attributes.name as string;
      check(Object.hasOwn(feeds, name), 'evaluate', () => `input ${name} was not given; got ${listed(Object.keys(feeds))}`);
      store(value, feeds[name]);
    } else store(value, value.record.reference(value.inputs.map((input) => results.get(input)!), value.attributes, value));
  }
  return outputs.map((value) => results.get(value)!);
}
