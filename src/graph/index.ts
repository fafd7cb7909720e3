/**
 * `noisette/graph`: symbolic tensors, their gradients as more graph, and the ONNX model of both. The operations themselves are in `noisette/graph/ops`.
 */
export type { Attribute, Attributes, TensorType, OpRecord, Value, Graph } from './types.ts';
export { createGraph, reachable } from './graph.ts';
export { grad } from './grad.ts';
export { evaluate } from './evaluate.ts';
export { type MemoryEstimate, estimateMemory } from './memory.ts';
export { lower, type Target } from './lower/lower.ts';
export * from './onnx.ts';
