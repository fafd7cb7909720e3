/** Order statistics of timings: medians resist a busy neighbour, minima say what the machine can do. */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const minimum = (values: readonly number[]): number => values.reduce((least, v) => Math.min(least, v), Infinity);

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));
