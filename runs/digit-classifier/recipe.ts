/** How the digit classifier is trained. Nothing was tuned on the test set: the numbers were set beforehand, and only the held-out digits decided how many epochs are enough. */
import type { AffineRanges } from '../../src/data/random-affine.ts';
import { classifierConfig } from '../../src/models/classifier-config.ts';

export const CONFIG = classifierConfig();

export const RECIPE = {
  data: 'MNIST, 60,000 training images',
  /** Examples kept out of training, the same share of each class. */
  heldOut: 5000,
  batch: 128,
  epochs: 6,
  learningRate: { peak: 3e-3, warmupSteps: 100, decay: 'cosine', floor: 0.01 },
  optimizer: { weightDecay: 0.02, maxGradNorm: 1 },
  ema: { decay: 0.995, warmup: 'ratio' },
  /** Smoothed labels would press each class together in feature space (Müller, Kornblith and Hinton 2019), and with it what the metrics look at. */
  labelSmoothing: 0,
  augment: { rotate: 10, shear: 0.1, scale: 0.1, shift: 2 } satisfies AffineRanges,
} as const;
