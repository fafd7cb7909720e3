/**
 * A small convolutional classifier of pictures, and the features before its logits. Each stage halves the picture and adds residual blocks:
 *
 *   stage    h ← SiLU(GN(conv 3×3, stride 2 (h))), then for each block h ← h + SiLU(GN(conv 3×3 (h)))
 *   features f = SiLU(W₁ mean over pixels of h + b₁)
 *   logits   z = W₂ f + b₂
 *
 * GN is group normalisation: an example's result does not depend on the others of its batch, in training or later. Sources: residual blocks, He et
 * al. 2016; the mean over pixels before the last layers, Lin, Chen and Yan 2014 ("Network in network"), §3.2.
 */
import { createGraph } from '../graph/graph.ts';
import { add, reduceMean, reshape, silu } from '../graph/ops/index.ts';
import type { Graph, Value } from '../graph/types.ts';
import { convParts } from '../nn/conv.ts';
import { linear } from '../nn/linear.ts';
import { trace, type Scope, type Tracing, type Weights } from '../nn/network.ts';
import { groupNorm } from '../nn/norm.ts';
import { flatSize, type ParameterSpec } from '../nn/parameters.ts';
import type { ClassifierConfig } from './classifier-config.ts';

export interface ClassifierOutputs {
  /** [batch, featureWidth] */
  readonly features: Value;
  /** [batch, classes] */
  readonly logits: Value;
}

/** x [batch, channels, height, width] in [−1, 1]. */
export function classifier(scope: Scope, { stageChannels, blocksPerStage, featureWidth, classes, normGroups, dropout }: ClassifierConfig, x: Value): ClassifierOutputs {
  let h = x;
  stageChannels.forEach((channels, k) => {
    const stage = scope.in('stages').in(k);
    h = convNormAct(stage.in('down'), h, channels, normGroups, 2);
    for (let b = 0; b < blocksPerStage; b++) h = add(h, convNormAct(stage.in('blocks').in(b), h, channels, normGroups, 1));
  });
  const features = silu(linear(scope.in('features'), reduceMean(h, [2, 3]), featureWidth));
  return { features, logits: linear(scope.in('logits'), scope.dropout(features, dropout), classes) };
}

/** The bias goes into the norm, which costs nothing there. */
function convNormAct(scope: Scope, x: Value, channels: number, groups: number, stride: number): Value {
  const { y, bias } = convParts(scope.in('conv'), x, channels, { stride });
  return silu(groupNorm(scope.in('norm'), y, { groups, shift: reshape(bias, [1, channels]) }));
}

export interface TracedClassifier extends ClassifierOutputs {
  readonly graph: Graph;
  readonly tracing: Tracing;
}

/** Traces the classifier on a graph input `x`. */
export function traceClassifier(config: ClassifierConfig, batch: number, weights: Weights, options?: { training?: boolean }): TracedClassifier {
  const graph = createGraph();
  const tracing = trace(graph, weights, options);
  return { graph, tracing, ...classifier(tracing.scope, config, graph.input('x', [batch, ...config.shape])) };
}

/** The classifier's parameters, without building anything to run. */
export function classifierParameters(config: ClassifierConfig): { parameters: readonly ParameterSpec[]; size: number } {
  const { parameters } = traceClassifier(config, 1, { kind: 'inputs' }).tracing;
  return { parameters, size: flatSize(parameters) };
}
