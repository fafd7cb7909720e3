/** ONNX files: {@link encodeOnnx} writes an {@link OnnxModel}, {@link decodeOnnx} reads one back. */
export { decodeOnnx } from './onnx-decode.ts';
export { encodeOnnx } from './onnx-encode.ts';
export type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode, OnnxTensorInfo } from './onnx-model.ts';
