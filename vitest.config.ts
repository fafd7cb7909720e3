import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // For loaded machines: a test that takes a second when alone may take ten.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
