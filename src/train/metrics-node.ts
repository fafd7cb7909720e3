/** `metrics.jsonl` as a file: cut back on opening, appended to without buffering, forced to the disk before each checkpoint. */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { keptBytes, metricsLine, type MetricsSink } from './metrics.ts';

/** Opens (or makes) the file for a run that continues after `step`; lines of later steps and a torn last line are cut away. */
export function openMetricsFile(path: string, step: number): MetricsSink {
  // 'a+' makes the file if absent and keeps writes at its end, whatever else happens.
  const file = openSync(path, 'a+');
  try {
    const content = readFileSync(file);
    const kept = keptBytes(content, step);
    if (kept < content.length) {
      ftruncateSync(file, kept);
      fsyncSync(file);
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    // A line in one call: a kill tears at most the last line, and what was written before is the system's to keep.
    write: (record) => void writeSync(file, metricsLine(record)),
    flush: async () => fsyncSync(file),
    close: async () => closeSync(file),
  };
}
