/** The gradient program of a classifier: (x, labels) and the parameters in, cross-entropy and its gradients out. */
import type { ClassifierConfig } from '../models/classifier-config.ts';
import { traceClassifier } from '../models/classifier.ts';
import { lossProgram, type LossProgram, type LossProgramOptions, type TracedLoss } from './loss-program.ts';
import { crossEntropy, type CrossEntropyOptions } from './losses/cross-entropy.ts';

/** The loss as a graph, on inputs `x` [batch, channels, height, width] and `labels` [batch] int32. Other outputs: `perExample` [batch] and `logits` [batch, classes]. */
export function traceClassifierLoss(config: ClassifierConfig, batch: number, { training, ...loss }: { readonly training: boolean } & CrossEntropyOptions): TracedLoss {
  const { graph, tracing, logits } = traceClassifier(config, batch, { kind: 'inputs' }, { training });
  const { loss: value, perExample } = crossEntropy(logits, graph.input('labels', [batch], 'int32'), loss);
  return { tracing, loss: value, outputs: { perExample, logits } };
}

/** Compiles the training program of a classifier for batches of `batch`; its dropout masks, if any, are fed by name as `dropoutFeeds` makes them. */
export const classifierProgram = (config: ClassifierConfig, batch: number, { smoothing, ...options }: LossProgramOptions & CrossEntropyOptions = {}): Promise<LossProgram> =>
  lossProgram(({ training }) => traceClassifierLoss(config, batch, { training, smoothing }), options);
