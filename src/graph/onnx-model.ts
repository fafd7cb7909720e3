/** An ONNX model as plain data: what a lowering makes, what `onnx.ts` writes and reads. Names are unique within a model. */
import type { Shape } from '../core/shape.ts';
import type { Dtype, TensorData } from '../core/tensor.ts';

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string };

export interface OnnxNode {
  readonly op: string;
  /** '' is the standard domain; 'com.microsoft' ONNX Runtime's own. */
  readonly domain: string;
  readonly name: string;
  /** '' marks an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
}

export interface OnnxInitializer extends OnnxTensorInfo {
  readonly data: TensorData;
}

export interface OnnxModel {
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
  /** Shape and dtype of every intermediate value, for memory estimates; not written to the file. */
  readonly types?: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: Shape }>;
  readonly metadata?: Readonly<Record<string, string>>;
}
