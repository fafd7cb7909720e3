import { expect, test } from 'vitest';
import type { Comparison } from './compare.ts';
import { makeReport } from './report.ts';
import type { Series } from './rounds.ts';

const series = (name: string, medianMs: number, minMs: number, peakRssMiB: number): Series => ({
  ready: { event: 'ready', name, threads: 2 }, milliseconds: [medianMs], medianMs, minMs, peakRssMiB,
});
const machine = { cpu: 'x', cores: 2, memoryGiB: 1, system: 'x', node: 'x', load: 0 };
const comparisons: Comparison[] = [
  { batch: 16, flops: 1e9, ours: series('a', 100, 80, 200), pytorch: series('b', 200, 150, 400), pytorchMinMs: 120 },
  { batch: 64, flops: 4e9, ours: series('a', 500, 400, 900), pytorch: series('b', 800, 700, 600), pytorchMinMs: 640 },
];

test('the worse size counts, and the best SGEMM is the yardstick', () => {
  const report = makeReport({ config: 'default', machine, comparisons, sgemm: { ours: 20, pytorch: 40 } });
  expect(report.ratio).toBe(1.6); // 800 / 500 < 200 / 100
  expect(report.ratioMin).toBe(1.5); // 120 / 80 < 640 / 400
  expect(report.memoryRatio).toBe(1.5); // 900 / 600 > 200 / 400
  expect(report.peakShare).toBe(0.2); // 4 GFLOP in 0.5 s = 8 of 40; the other is 10 of 40
  expect(Object.keys(report).slice(0, 6)).toEqual(['ratio', 'ratioMin', 'peakShare', 'memoryRatio', 'ours', 'pytorch']);
});

test('without PyTorch only our side is told', () => {
  const alone = comparisons.map(({ batch, flops, ours }) => ({ batch, flops, ours }));
  const report = makeReport({ config: 'default', machine, comparisons: alone, sgemm: { ours: 20 } });
  expect([report.ratio, report.ratioMin, report.memoryRatio, report.pytorch]).toEqual([null, null, null, null]);
  expect(report.peakShare).toBe(0.4);
});
