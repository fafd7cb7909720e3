import { expect, test } from 'vitest';
import { CONFIGS } from './configs.ts';
import { forwardFlops, trainFlops } from './flops.ts';

// Counted apart from this code: hooks on every convolution, linear layer and batched product of pytorch/unet.py, batch 1.
const COUNTED = { default: 3_174_891_520, small: 554_397_184, '64px': 15_302_361_088, attention: 7_120_896_000 };

test.each(Object.entries(COUNTED))('%s has as many operations as PyTorch ran', (name, counted) => {
  const { network } = CONFIGS[name];
  expect(forwardFlops(network, 1)).toBe(counted);
  expect(trainFlops(network, 8)).toBe(24 * counted);
});
