/**
 * Writes an {@link OnnxModel} as the bytes of an ONNX file: weights as raw little-endian data, one opset import for the standard
 * operators and one for ONNX Runtime's own where a node uses them.
 */
import { check } from '../core/errors.ts';
import { showShape, sizeOf, type Shape } from '../core/shape.ts';
import type { Dtype, TensorData } from '../core/tensor.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode } from './onnx-model.ts';
import { ATTRIBUTE, ATTRIBUTE_TYPE, DATA_TYPE, DIMENSION, ENTRY, GRAPH, MODEL, NODE, OPSET, TENSOR, TENSOR_SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './onnx-schema.ts';
import { createProtoWriter, type ProtoWriter } from './protobuf-writer.ts';

/**
 * The bytes of an ONNX file. Linear time, one copy of the weights (which must not change meanwhile). A dimension of −1 among the inputs and
 * outputs is written as unknown. Throws when a constant's data does not match its shape, or at 2 GiB (a limit of the format).
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const w = createProtoWriter();
  // IR 8 is read by every runtime since 2021; opset 21 came with IR 10.
  w.int(MODEL.irVersion, model.opset >= 21 ? 10 : 8);
  w.string(MODEL.producerName, 'noisette');
  w.message(MODEL.graph, () => {
    for (const node of model.nodes) w.message(GRAPH.node, () => writeNode(w, node));
    w.string(GRAPH.name, 'noisette');
    for (const constant of model.initializers) w.message(GRAPH.initializer, () => writeTensor(w, constant));
    for (const { name, dtype, shape } of model.inputs) w.message(GRAPH.input, () => writeValueInfo(w, name, dtype, shape));
    for (const { name, dtype, shape } of model.outputs) w.message(GRAPH.output, () => writeValueInfo(w, name, dtype, shape));
  });
  for (const domain of new Set(['', ...model.nodes.map((node) => node.domain)])) {
    w.message(MODEL.opsetImport, () => {
      w.string(OPSET.domain, domain);
      w.int(OPSET.version, domain === '' ? model.opset : 1);
    });
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    w.message(MODEL.metadataProps, () => {
      w.string(ENTRY.key, key);
      w.string(ENTRY.value, value);
    });
  }
  return w.finish();
}

function writeNode(w: ProtoWriter, node: OnnxNode): void {
  for (const name of node.inputs) w.string(NODE.input, name);
  for (const name of node.outputs) w.string(NODE.output, name);
  w.string(NODE.name, node.name);
  w.string(NODE.opType, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) w.message(NODE.attribute, () => writeAttribute(w, name, attribute));
  if (node.domain !== '') w.string(NODE.domain, node.domain);
}

function writeAttribute(w: ProtoWriter, name: string, attribute: OnnxAttribute): void {
  w.string(ATTRIBUTE.name, name);
  if (attribute.kind === 'int') w.int(ATTRIBUTE.i, attribute.value);
  else if (attribute.kind === 'float') w.float(ATTRIBUTE.f, attribute.value);
  else if (attribute.kind === 'string') w.string(ATTRIBUTE.s, attribute.value);
  else if (attribute.kind === 'ints') for (const v of attribute.value) w.int(ATTRIBUTE.ints, v);
  else for (const v of attribute.value) w.float(ATTRIBUTE.floats, v);
  w.int(ATTRIBUTE.type, ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(w: ProtoWriter, { name, dtype, shape, data }: OnnxInitializer): void {
  check(data.length === sizeOf(shape), 'encodeOnnx', () => `constant ${JSON.stringify(name)} of shape ${showShape(shape)} needs ${sizeOf(shape)} values but ${data.length} came`);
  for (const d of shape) w.int(TENSOR.dims, d);
  w.int(TENSOR.dataType, DATA_TYPE[dtype]);
  w.string(TENSOR.name, name);
  w.bytes(TENSOR.rawData, littleEndianBytes(data));
}

function writeValueInfo(w: ProtoWriter, name: string, dtype: Dtype, shape: Shape): void {
  w.string(VALUE_INFO.name, name);
  w.message(VALUE_INFO.type, () => w.message(TYPE.tensorType, () => {
    w.int(TENSOR_TYPE.elemType, DATA_TYPE[dtype]);
    w.message(TENSOR_TYPE.shape, () => {
      for (const d of shape) w.message(TENSOR_SHAPE.dim, () => { if (d >= 0) w.int(DIMENSION.value, d); });
    });
  }));
}

/** The platforms that JavaScript engines and ONNX Runtime run on are little-endian: no swap. */
const littleEndianBytes = (data: TensorData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
