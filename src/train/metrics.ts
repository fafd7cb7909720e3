/**
 * Numbers of a run over time. `metrics.jsonl` has one JSON object a line, in order of steps, and only what the run determines (no times of day), so that a
 * resumed run's file is identical to an uninterrupted one's. On resume it is cut back to the checkpoint's step; a torn last line is
 * cut away with the rest. Also: smoothing of the loss, and the rate of steps with the time left.
 */

/** One line. `step` counts steps done. */
export interface MetricsRecord {
  readonly step: number;
  readonly [name: string]: number | string | boolean | null;
}

/** Where records go: a file, an event file, a chart. */
export interface MetricsSink {
  /** `rate` comes with training steps; it is apart because it is not the same in a second run. */
  write(record: MetricsRecord, rate?: Rate): void;
  /** Resolves when everything written is the system's to keep; a file that resuming relies on would survive a power cut. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A record as a line. Numbers that are not finite become null, as JSON has none. */
export const metricsLine = (record: MetricsRecord): string => `${JSON.stringify(record)}\n`;

/**
 * How many bytes of a metrics file to keep for a run that continues from `step`: whole, valid lines from the start, up to the first that is
 * later, torn or not a record.
 */
export function keptBytes(content: Uint8Array, step: number): number {
  const decoder = new TextDecoder();
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    if (end < 0) return start;
    try {
      const record = JSON.parse(decoder.decode(content.subarray(start, end))) as { step?: unknown } | null;
      if (typeof record?.step !== 'number' || record.step > step) return start;
    } catch {
      return start;
    }
    start = end + 1;
  }
  return content.length;
}

/** The smoothed loss: its value and how many losses it has seen. */
export interface SmoothedLoss {
  readonly value: number;
  readonly count: number;
}

/** Mean of the first 50 losses, then an exponential average over about 50: no start-up bias, no jump. */
export function smoothed({ value, count }: SmoothedLoss, loss: number): SmoothedLoss {
  const next = count + 1;
  return { value: value + (loss - value) / Math.min(next, 50), count: next };
}

export interface Rate {
  readonly stepsPerSecond: number;
  readonly imagesPerSecond: number;
  /** Seconds until the last step at this rate; validation, previews and checkpoints are in it as they fall. */
  readonly etaSeconds: number;
}

export interface RateMeterOptions {
  readonly imagesPerStep: number;
  readonly totalSteps: number;
  /** Seconds, monotonic. */
  readonly now: () => number;
  /** Steps weigh e^(−age/horizon); seconds. */
  readonly horizon?: number;
}

/**
 * Measures the rate: steps over seconds, both fading with the time constant `horizon`, so early steps (compilation, warm caches) are soon forgotten and
 * the rate never divides by a single short step. Call it after each step with the number of steps done.
 */
export function createRateMeter({ imagesPerStep, totalSteps, now, horizon = 30 }: RateMeterOptions): (step: number) => Rate {
  let last = now();
  let steps = 0;
  let seconds = 0;
  return (step) => {
    const at = now();
    const elapsed = at - last;
    last = at;
    const fade = Math.exp(-elapsed / horizon);
    steps = steps * fade + 1;
    seconds = seconds * fade + elapsed;
    const stepsPerSecond = seconds > 0 ? steps / seconds : Infinity;
    return { stepsPerSecond, imagesPerSecond: stepsPerSecond * imagesPerStep, etaSeconds: Math.max(0, totalSteps - step) / stepsPerSecond };
  };
}
