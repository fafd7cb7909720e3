/** All operators by name. */
export * from './elementwise.ts';
export * from './reduce.ts';
export * from './shaping.ts';
export * from './matmul.ts';
export * from './conv.ts';
export * from './resample.ts';
export * from './space-depth.ts';
export * from './softmax.ts';
export * from './gather.ts';
export * from './moments.ts';
