/** `noisette/nn`: layers as functions that declare their parameters where they use them. */
export { type DropoutMask, type Scope, type Tracing, type Weights, trace } from './network.ts';
export { type ParameterDeclaration, type ParameterSpec, type ParameterLayout, type ParameterVectors, flatSize, parameterPlacer, layoutParameters, createVectors, parameterView, trainableViews, frozenViews, stateDict } from './parameters.ts';
export { type KeyReport, loadStateDict, showKeyReport, checkComplete } from './load-state-dict.ts';
export { type Initializer, zeros, ones, fanInUniform, normal, initialize } from './initializer.ts';
export { type Activation, ACTIVATIONS } from './activation.ts';
export { linear } from './linear.ts';
export { type ConvLayerOptions, conv, convParts } from './conv.ts';
export { type GroupNormOptions, groupNorm, layerNorm } from './norm.ts';
export { type AttentionOptions, spatialSelfAttention } from './attention.ts';
export { embedding, timeEmbedding } from './embedding.ts';
export { type TimeFeatureOptions, timeFeatures } from './time-features.ts';
