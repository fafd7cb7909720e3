/**
 * Symbolic tensors. A {@link Value} is one node of a static graph: an operator applied to earlier values. Values are made
 * only through {@link Graph.node}, which shares equal nodes, so a gradient rule may freely re-emit what already exists.
 */
import type { AnyTensor, Dtype, TensorData } from '../core/tensor.ts';
import type { Shape } from '../core/shape.ts';

export type Attribute = number | string | boolean | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** What an operator's shape rule returns. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** Everything that is known of one operator; the lowerings to ONNX are in `lower/`. */
export interface OpRecord {
  readonly name: string;
  /** Shape rule; throws a clear error on operands that do not fit. */
  infer(inputs: readonly Value[], attributes: Attributes): TensorType;
  /** One cotangent per input (undefined: not differentiable in it), given that of the output; emits graph. Absent: no gradient. */
  gradient?(value: Value, cotangent: Value): readonly (Value | undefined)[];
  /** The value, computed plainly on the host in double precision where it matters: the oracle of every lowering. */
  reference(inputs: readonly AnyTensor[], attributes: Attributes, type: TensorType): TensorData | ArrayLike<number>;
}

export interface Value extends TensorType {
  readonly id: number;
  readonly graph: Graph;
  readonly record: OpRecord;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  /** Only for constants. */
  readonly data?: TensorData;
}

export interface Graph {
  /** All values in order of creation, which is a topological order. */
  readonly values: readonly Value[];
  /** Declares a named graph input. Names are unique. */
  input(name: string, shape: Shape, dtype?: Dtype): Value;
  /** A constant; equal small constants are shared. */
  constant(data: TensorData, shape: Shape, dtype: Dtype): Value;
  /** Applies an operator (checks shapes, shares an equal earlier node). */
  node(record: OpRecord, inputs: readonly Value[], attributes?: Attributes): Value;
}
