/** Configuration of the convolutional classifier in `classifier.ts`. */
import { check, oneOf } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';

export interface ClassifierConfig {
  /** One picture: [channels, height, width]. */
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes: number;
  /** Channels of each stage; a stage halves height and width (odd sizes round up). */
  readonly stageChannels: readonly number[];
  /** Residual blocks in each stage after the convolution that halves. */
  readonly blocksPerStage: number;
  /** Length of the feature vector before the logits. */
  readonly featureWidth: number;
  /** Groups of every norm. */
  readonly normGroups: number;
  /** Share of the features dropped in training. */
  readonly dropout: number;
}

/** For 28×28 digits: 296,234 parameters. */
export const CLASSIFIER_DEFAULTS: ClassifierConfig = {
  shape: [1, 28, 28], classes: 10, stageChannels: [32, 64, 128], blocksPerStage: 1, featureWidth: 64, normGroups: 8, dropout: 0,
};

/** Fills in defaults and checks. Throws on unknown options and on sizes that do not fit together. */
export function classifierConfig(options: Partial<ClassifierConfig> = {}): ClassifierConfig {
  for (const key of Object.keys(options)) oneOf('classifier option', CLASSIFIER_DEFAULTS as unknown as Record<string, unknown>, key);
  const config = { ...CLASSIFIER_DEFAULTS, ...options };
  const { shape, stageChannels, normGroups, dropout } = config;
  const where = 'classifier';
  const whole = (name: string, value: number, least: number): void => check(Number.isInteger(value) && value >= least, where, `${name} must be an integer from ${least} but is ${value}`);
  check(shape.length === 3, where, () => `shape is [channels, height, width] but has ${shape.length} entries`);
  shape.forEach((d, axis) => whole(`shape[${axis}]`, d, 1));
  whole('classes', config.classes, 2);
  whole('blocksPerStage', config.blocksPerStage, 0);
  whole('featureWidth', config.featureWidth, 1);
  whole('normGroups', normGroups, 1);
  check(stageChannels.length > 0, where, 'stageChannels needs at least one stage');
  for (const channels of stageChannels) check(Number.isInteger(channels) && channels > 0 && channels % normGroups === 0, where, `normGroups ${normGroups} does not divide ${channels} channels`);
  const [height, width] = lastSize(shape, stageChannels.length);
  check(height * width > 1 || Math.max(...stageChannels) > normGroups, where, `${stageChannels.length} stages leave a single pixel, and a group of one channel has nothing to normalise; use fewer stages`);
  check(dropout >= 0 && dropout < 1, where, `dropout must be in [0, 1) but is ${dropout}`);
  return config;
}

/** Height and width after so many halvings. */
export const lastSize = ([, height, width]: Shape, stages: number): [number, number] => {
  let [h, w] = [height, width];
  for (let k = 0; k < stages; k++) [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)];
  return [h, w];
};
