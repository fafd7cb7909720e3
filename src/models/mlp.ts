/**
 * A small residual network for points in the plane (or any short vector): the denoiser of toy distributions, where everything can be drawn.
 * h = W x + time embedding; each block adds act(linear(act(linear(h) + time))).
 */
import { add, reshape } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';
import { ACTIVATIONS } from '../nn/activation.ts';
import { embedding, timeEmbedding } from '../nn/embedding.ts';
import { linear } from '../nn/linear.ts';
import type { Scope } from '../nn/network.ts';
import { check, oneOf } from '../core/errors.ts';

export interface MlpConfig {
  readonly width: number;
  readonly layers: number;
  readonly timeWidth: number;
  /** Classes beside the null class, or null: unconditional. */
  readonly numClassEmbeds: number | null;
}
export const MLP_DEFAULTS: MlpConfig = { width: 128, layers: 3, timeWidth: 64, numClassEmbeds: null };

/** Fills in defaults and checks. */
export function mlpConfig(options: Partial<MlpConfig> = {}): MlpConfig {
  for (const key of Object.keys(options)) oneOf('MLP option', MLP_DEFAULTS as unknown as Record<string, unknown>, key);
  const config = { ...MLP_DEFAULTS, ...options };
  for (const key of ['width', 'layers', 'timeWidth'] as const) check(Number.isInteger(config[key]) && config[key] > 0, 'mlp', `${key} must be a positive integer but is ${config[key]}`);
  return config;
}

/** x [batch, …] any shape, time features [batch, timeWidth] → as x. */
export function mlp(scope: Scope, config: MlpConfig, { x, time, classLabels }: { x: Value; time: Value; classLabels?: Value }): Value {
  const act = ACTIVATIONS.silu;
  const [batch] = x.shape;
  const features = x.shape.slice(1).reduce((a, b) => a * b, 1);
  let t = timeEmbedding(scope.in('time_embedding'), time, config.width, act);
  if (config.numClassEmbeds !== null) {
    check(classLabels, 'mlp', 'this network is class-conditional: give classLabels');
    t = add(t, embedding(scope.in('class_embedding'), classLabels, config.numClassEmbeds, config.width));
  }
  let h = linear(scope.in('in'), reshape(x, [batch, features]), config.width);
  for (let k = 0; k < config.layers; k++) {
    const block = scope.in('blocks').in(k);
    h = add(h, linear(block.in('out'), act(add(linear(block.in('in'), act(h), config.width), t)), config.width));
  }
  return reshape(linear(scope.in('out'), act(h), features), x.shape);
}
