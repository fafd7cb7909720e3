/** The graph under construction. Equal nodes and equal small constants are one value (hash consing), so what is traced twice is computed once. */
import { check } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import type { TensorData } from '../core/tensor.ts';
import type { Attributes, Graph, OpRecord, TensorType, Value } from './types.ts';

const leaf = (name: string): OpRecord => ({
  name,
  infer: () => { throw new Error(`${name} has no shape rule`); },
  reference: () => { throw new Error(`${name} has no operands`); },
});
export const INPUT = leaf('input');
export const CONSTANT = leaf('constant');

/** Constants up to this many elements are shared by content; larger ones by identity of their array. */
const SHARED_BY_CONTENT = 64;

/** An empty graph. */
export function createGraph(): Graph {
  const values: Value[] = [];
  const names = new Set<string>();
  const shared = new Map<string, Value>();
  const arrays = new Map<TensorData, Value>();

  const push = (record: OpRecord, type: TensorType, inputs: readonly Value[], attributes: Attributes, data?: TensorData): Value => {
    const value: Value = { id: values.length, graph, record, inputs, attributes, shape: type.shape, dtype: type.dtype, data };
    values.push(value);
    return value;
  };

  const graph: Graph = {
    values,
    input(name, shape, dtype = 'float32') {
      check(!names.has(name), 'graph.input', `the name ${JSON.stringify(name)} is taken`);
      check(shape.every((d) => Number.isInteger(d) && d > 0), 'graph.input', () => `${name} has shape ${showShape(shape)}; dimensions are positive integers`);
      names.add(name);
      return push(INPUT, { shape, dtype }, [], { name });
    },
    constant(data, shape, dtype) {
      check(data.length === sizeOf(shape), 'graph.constant', () => `shape ${showShape(shape)} needs ${sizeOf(shape)} values but ${data.length} came`);
      if (data.length > SHARED_BY_CONTENT) {
        const known = arrays.get(data);
        if (known && known.dtype === dtype && showShape(known.shape) === showShape(shape)) return known;
        const value = push(CONSTANT, { shape, dtype }, [], {}, data);
        arrays.set(data, value);
        return value;
      }
      const key = `${dtype}${showShape(shape)}${Array.from(data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v))).join()}`;
      let value = shared.get(key);
      if (!value) {
        value = push(CONSTANT, { shape, dtype }, [], {}, data);
        shared.set(key, value);
      }
      return value;
    },
    node(record, inputs, attributes = {}) {
      for (const input of inputs) check(input.graph === graph, record.name, 'an operand belongs to another graph');
      const key = `${record.name}(${inputs.map((v) => v.id).join()})${JSON.stringify(attributes)}`;
      let value = shared.get(key);
      if (!value) {
        value = push(record, record.infer(inputs, attributes), inputs, attributes);
        shared.set(key, value);
      }
      return value;
    },
  };
  return graph;
}

/** Values that `outputs` depend on, themselves included, in topological order. */
export function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const stack = [...outputs];
  for (let v = stack.pop(); v; v = stack.pop()) {
    if (seen.has(v)) continue;
    seen.add(v);
    stack.push(...v.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
