/** The last line of a benchmark: one JSON object with the ratios that count and what they were made from. */
import type { Comparison } from './compare.ts';
import type { Machine } from './machine.ts';
import type { Series } from './rounds.ts';
import { round } from './statistics.ts';

export interface Side {
  readonly name: string;
  readonly layout?: string;
  readonly library?: string;
  readonly batches: readonly { readonly batch: number; readonly medianMs: number; readonly minMs: number; readonly peakRssMiB: number; readonly gflops: number }[];
  readonly sgemmGflops: number;
}

export interface Report {
  /** PyTorch's median time over ours; the worse of the batch sizes. Null without PyTorch, as the other ratios. */
  readonly ratio: number | null;
  /** The same of the fastest steps. */
  readonly ratioMin: number | null;
  /** Effective rate of our median step over the best SGEMM rate of either side; the worse of the batch sizes. */
  readonly peakShare: number;
  /** Our peak memory over PyTorch's; the worse of the batch sizes. */
  readonly memoryRatio: number | null;
  readonly ours: Side;
  readonly pytorch: Side | null;
  readonly config: string;
  readonly machine: Machine;
}

export interface ReportInput {
  readonly config: string;
  readonly machine: Machine;
  readonly comparisons: readonly Comparison[];
  /** GFLOP/s, the best of each side. */
  readonly sgemm: { readonly ours: number; readonly pytorch?: number };
}

export function makeReport({ config, machine, comparisons, sgemm }: ReportInput): Report {
  const peak = Math.max(sgemm.ours, sgemm.pytorch ?? 0);
  const each = (value: (c: Comparison, pytorch: Series) => number): number[] => comparisons.flatMap((c) => (c.pytorch ? [value(c, c.pytorch)] : []));
  const worst = (values: number[], pick: (...v: number[]) => number): number | null => (values.length ? round(pick(...values), 3) : null);
  const side = (of: (c: Comparison) => Series, sgemmGflops: number): Side => {
    const { name, layout, library } = of(comparisons[0]).ready;
    return {
      name,
      layout,
      library,
      batches: comparisons.map((c) => {
        const { medianMs, minMs, peakRssMiB } = of(c);
        return { batch: c.batch, medianMs: round(medianMs, 1), minMs: round(minMs, 1), peakRssMiB: Math.round(peakRssMiB), gflops: round(c.flops / medianMs / 1e6, 1) };
      }),
      sgemmGflops: round(sgemmGflops, 1),
    };
  };
  return {
    ratio: worst(each((c, p) => p.medianMs / c.ours.medianMs), Math.min),
    ratioMin: worst(each((c) => c.pytorchMinMs! / c.ours.minMs), Math.min),
    peakShare: round(Math.min(...comparisons.map((c) => c.flops / c.ours.medianMs / 1e6 / peak)), 3),
    memoryRatio: worst(each((c, p) => c.ours.peakRssMiB / p.peakRssMiB), Math.max),
    ours: side((c) => c.ours, sgemm.ours),
    pytorch: comparisons.every((c) => c.pytorch) ? side((c) => c.pytorch!, sgemm.pytorch ?? 0) : null,
    config,
    machine,
  };
}
