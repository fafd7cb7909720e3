/** `noisette/core`: tensors, shapes, portable randomness, errors. */
export { NoisetteError } from './errors.ts';
export { type Shape, sizeOf, sameShape, showShape } from './shape.ts';
export { type DtypeArrays, type Dtype, type TensorData, type Tensor, type AnyTensor, BYTES_PER_ELEMENT, tensor, intTensor } from './tensor.ts';
export { type Term, lincomb } from './lincomb.ts';
export { PURPOSES, type Purpose, type Seed, type StreamName, type Stream, createStream, shuffle } from './rng.ts';
export { normalsFromWords } from './normal.ts';
export { type PhiloxKey, philox } from './philox.ts';
