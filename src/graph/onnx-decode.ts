/**
 * Reads the bytes of an ONNX file into an {@link OnnxModel}: what `onnx-encode.ts` writes, and common files of other tools. `Constant`
 * nodes become initializers, unknown fields are skipped; what cannot be represented (subgraphs, external data, float16) is refused by name.
 */
import { check, NoisetteError } from '../core/errors.ts';
import { showShape, sizeOf } from '../core/shape.ts';
import type { Dtype, TensorData } from '../core/tensor.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode, OnnxTensorInfo } from './onnx-model.ts';
import {
  ATTRIBUTE, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_NAMES, DATA_TYPE, DATA_TYPE_NAMES, DIMENSION, ENTRY, GRAPH, MODEL, NODE, OPSET, TENSOR, TENSOR_SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO,
} from './onnx-schema.ts';
import { createProtoReader, type ProtoReader } from './protobuf-reader.ts';

/**
 * Weights are views of `bytes` where alignment allows, so keep `bytes` unchanged while the model is in use. A dimension that the file leaves
 * symbolic comes out as −1. Throws, naming the byte offset or the node, when the file is damaged or uses what is not supported.
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model = createProtoReader(bytes);
  const metadata: Record<string, string> = {};
  let opset: number | undefined;
  let graph: Graph | undefined;
  while (model.next()) {
    if (model.field === MODEL.graph) graph = readGraph(model.message());
    else if (model.field === MODEL.functions) throw new NoisetteError('decodeOnnx: the model defines functions, which are not supported; inline them first');
    else if (model.field === MODEL.metadataProps) {
      const { key, value } = readStrings(model.message(), ENTRY);
      metadata[key] = value;
    } else if (model.field === MODEL.opsetImport) {
      const { domain, version } = readOpset(model.message());
      if (domain === '' || domain === 'ai.onnx') opset = version;
    }
  }
  check(graph, 'decodeOnnx', 'the file holds no graph; is it an ONNX file?');
  check(opset !== undefined, 'decodeOnnx', 'the file does not say its operator set');
  return { opset, ...graph, metadata };
}

type Graph = Pick<OnnxModel, 'nodes' | 'initializers' | 'inputs' | 'outputs' | 'types'>;

function readGraph(r: ProtoReader): Graph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  const inputs: OnnxTensorInfo[] = [];
  const outputs: OnnxTensorInfo[] = [];
  const types = new Map<string, OnnxTensorInfo>();
  while (r.next()) {
    if (r.field === GRAPH.node) {
      const node = readNode(r.message());
      if ('data' in node) initializers.push(node);
      else nodes.push(node);
    } else if (r.field === GRAPH.initializer) initializers.push(readTensor(r.message()));
    else if (r.field === GRAPH.input) inputs.push(readValueInfo(r.message()));
    else if (r.field === GRAPH.output) outputs.push(readValueInfo(r.message()));
    else if (r.field === GRAPH.valueInfo) {
      // Only a help for memory estimates: types that are not supported are passed over.
      const { name, code, shape } = readValueType(r.message());
      const dtype = DTYPES.find((d) => DATA_TYPE[d] === code);
      if (dtype) types.set(name, { name, dtype, shape });
    } else if (r.field === GRAPH.sparseInitializer) throw new NoisetteError('decodeOnnx: sparse initializers are not supported');
  }
  // Until IR 3 an initializer had to be listed among the inputs too, as its default value.
  const constants = new Set(initializers.map(({ name }) => name));
  return { nodes, initializers, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs, types };
}

function readNode(r: ProtoReader): OnnxNode | OnnxInitializer {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, OnnxAttribute> = {};
  const tensors: Record<string, OnnxInitializer> = {};
  let [name, op, domain] = ['', '', ''];
  while (r.next()) {
    if (r.field === NODE.input) inputs.push(r.string());
    else if (r.field === NODE.output) outputs.push(r.string());
    else if (r.field === NODE.name) name = r.string();
    else if (r.field === NODE.opType) op = r.string();
    else if (r.field === NODE.domain) domain = r.string();
    else if (r.field === NODE.attribute) {
      const [key, attribute] = readAttribute(r.message());
      if ('kind' in attribute) attributes[key] = attribute;
      else tensors[key] = attribute;
    }
  }
  if (domain === 'ai.onnx') domain = '';
  if (op === 'Constant' && domain === '') return constantOf(outputs[0], attributes, tensors);
  for (const key of Object.keys(tensors)) throw new NoisetteError(`decodeOnnx: node ${JSON.stringify(name)} (${op}) has the tensor attribute ${key}; only Constant may have one`);
  return { op, domain, name, inputs, outputs, attributes };
}

function constantOf(name: string, attributes: Readonly<Record<string, OnnxAttribute>>, tensors: Readonly<Record<string, OnnxInitializer>>): OnnxInitializer {
  if (tensors.value) return { ...tensors.value, name };
  const [attribute] = Object.values(attributes);
  if (attribute?.kind === 'float') return { name, dtype: 'float32', shape: [], data: Float32Array.of(attribute.value) };
  if (attribute?.kind === 'floats') return { name, dtype: 'float32', shape: [attribute.value.length], data: Float32Array.from(attribute.value) };
  if (attribute?.kind === 'int') return { name, dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(attribute.value)) };
  if (attribute?.kind === 'ints') return { name, dtype: 'int64', shape: [attribute.value.length], data: BigInt64Array.from(attribute.value, BigInt) };
  throw new NoisetteError(`decodeOnnx: constant ${JSON.stringify(name)} is neither a tensor nor numbers`);
}

function readAttribute(r: ProtoReader): [name: string, value: OnnxAttribute | OnnxInitializer] {
  let name = '';
  let type: number | undefined;
  let [float, int, string] = [0, 0, ''];
  const floats: number[] = [];
  const ints: number[] = [];
  let tensor: OnnxInitializer | undefined;
  while (r.next()) {
    if (r.field === ATTRIBUTE.name) name = r.string();
    else if (r.field === ATTRIBUTE.type) type = r.int();
    else if (r.field === ATTRIBUTE.f) float = r.float();
    else if (r.field === ATTRIBUTE.i) int = r.int();
    else if (r.field === ATTRIBUTE.s) string = r.string();
    else if (r.field === ATTRIBUTE.t) tensor = readTensor(r.message());
    else if (r.field === ATTRIBUTE.floats) r.floats((v) => floats.push(v));
    else if (r.field === ATTRIBUTE.ints) r.ints((v) => ints.push(Number(v)));
  }
  if (type === ATTRIBUTE_TYPE.float) return [name, { kind: 'float', value: float }];
  if (type === ATTRIBUTE_TYPE.int) return [name, { kind: 'int', value: int }];
  if (type === ATTRIBUTE_TYPE.string) return [name, { kind: 'string', value: string }];
  if (type === ATTRIBUTE_TYPE.floats) return [name, { kind: 'floats', value: floats }];
  if (type === ATTRIBUTE_TYPE.ints) return [name, { kind: 'ints', value: ints }];
  if (type === ATTRIBUTE_TYPE.tensor && tensor) return [name, tensor];
  throw new NoisetteError(`decodeOnnx: attribute ${JSON.stringify(name)} is of kind ${ATTRIBUTE_TYPE_NAMES[type ?? 0] ?? type}, which is not supported; one of float, int, string, floats, ints, tensor`);
}

const DTYPES = Object.keys(DATA_TYPE) as Dtype[];

function dtypeOf(where: string, code: number): Dtype {
  const found = DTYPES.find((dtype) => DATA_TYPE[dtype] === code);
  check(found, 'decodeOnnx', () => `${where} has element type ${DATA_TYPE_NAMES[code] ?? code}, which is not supported; one of ${DTYPES.join(', ')}`);
  return found;
}

function readTensor(r: ProtoReader): OnnxInitializer {
  const shape: number[] = [];
  let name = '';
  let code = 0;
  let raw: Uint8Array | undefined;
  const { offset } = r;
  const numbers: number[] = [];
  const longs: bigint[] = [];
  while (r.next()) {
    if (r.field === TENSOR.dims) r.ints((v) => shape.push(Number(v)));
    else if (r.field === TENSOR.dataType) code = r.int();
    else if (r.field === TENSOR.name) name = r.string();
    else if (r.field === TENSOR.rawData) raw = r.bytes();
    else if (r.field === TENSOR.floatData) r.floats((v) => numbers.push(v));
    else if (r.field === TENSOR.int32Data) r.ints((v) => numbers.push(Number(v)));
    else if (r.field === TENSOR.int64Data) r.ints((v) => longs.push(v));
    else if (r.field === TENSOR.dataLocation) check(r.int() === 0, 'decodeOnnx', () => `the data of tensor ${JSON.stringify(name)} are in another file; save the model as one file`);
  }
  const where = `tensor ${JSON.stringify(name)} at byte ${offset}`;
  const dtype = dtypeOf(where, code);
  const data = raw ? fromRaw(where, dtype, raw) : dtype === 'int64' ? BigInt64Array.from(longs) : ARRAYS[dtype].from(numbers);
  check(data.length === sizeOf(shape), 'decodeOnnx', () => `${where} of shape ${showShape(shape)} needs ${sizeOf(shape)} values but has ${data.length}`);
  return { name, dtype, shape, data };
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array } as const;

/** A view where the bytes are aligned, else a copy. */
function fromRaw(where: string, dtype: Dtype, raw: Uint8Array): TensorData {
  const kind = dtype === 'int64' ? BigInt64Array : ARRAYS[dtype];
  const width = kind.BYTES_PER_ELEMENT;
  check(raw.byteLength % width === 0, 'decodeOnnx', () => `${where} has ${raw.byteLength} bytes, no multiple of ${width}`);
  const aligned = raw.byteOffset % width === 0 ? raw : new Uint8Array(raw);
  return new kind(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width);
}

function readValueInfo(r: ProtoReader): OnnxTensorInfo {
  const { name, code, shape } = readValueType(r);
  check(code !== undefined, 'decodeOnnx', () => `${JSON.stringify(name)} is no tensor; sequences, maps and optionals are not supported`);
  return { name, dtype: dtypeOf(JSON.stringify(name), code), shape };
}

function readValueType(r: ProtoReader): { name: string; code?: number; shape: readonly number[] } {
  let name = '';
  let type: { code: number; shape: number[] } | undefined;
  while (r.next()) {
    if (r.field === VALUE_INFO.name) name = r.string();
    else if (r.field === VALUE_INFO.type) type = readType(r.message());
  }
  return { name, code: type?.code, shape: type?.shape ?? [] };
}

function readType(r: ProtoReader): { code: number; shape: number[] } | undefined {
  let type: { code: number; shape: number[] } | undefined;
  while (r.next()) {
    if (r.field !== TYPE.tensorType) continue;
    type = { code: 0, shape: [] };
    const t = r.message();
    while (t.next()) {
      if (t.field === TENSOR_TYPE.elemType) type.code = t.int();
      else if (t.field === TENSOR_TYPE.shape) {
        const s = t.message();
        while (s.next()) if (s.field === TENSOR_SHAPE.dim) type.shape.push(readDimension(s.message()));
      }
    }
  }
  return type;
}

function readDimension(r: ProtoReader): number {
  let size = -1;
  while (r.next()) if (r.field === DIMENSION.value) size = r.int();
  return size;
}

function readOpset(r: ProtoReader): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  while (r.next()) {
    if (r.field === OPSET.domain) opset.domain = r.string();
    else if (r.field === OPSET.version) opset.version = r.int();
  }
  return opset;
}

function readStrings(r: ProtoReader, fields: typeof ENTRY): { key: string; value: string } {
  const entry = { key: '', value: '' };
  while (r.next()) {
    if (r.field === fields.key) entry.key = r.string();
    else if (r.field === fields.value) entry.value = r.string();
  }
  return entry;
}
