import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRateMeter, keptBytes, metricsLine, smoothed } from './metrics.ts';
import { openMetricsFile } from './metrics-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'noisette-'));
afterAll(() => rmSync(folder, { recursive: true }));
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('metrics.jsonl', () => {
  const lines = [metricsLine({ step: 1, loss: 0.1 + 0.2 }), metricsLine({ step: 2, skipped: 'naïve' }), metricsLine({ step: 2, 'validation.ema': 1 }), metricsLine({ step: 3, loss: NaN })];

  it('keeps whole lines up to a step', () => {
    const content = encode(lines.join(''));
    const length = (n: number): number => encode(lines.slice(0, n).join('')).length;
    expect([0, 1, 2, 3, 9].map((step) => keptBytes(content, step))).toEqual([0, length(1), length(3), length(4), length(4)]);
  });

  it('cuts a torn last line at every byte, and everything after a line that is no record', () => {
    const whole = encode(lines.slice(0, 3).join(''));
    const content = encode(lines.join(''));
    for (let end = whole.length; end < content.length; end++) expect(keptBytes(content.subarray(0, end), 99)).toBe(whole.length);
    for (const bad of ['{"step":2,"lo\n', 'null\n', '\0\0\0\n', '{"loss":1}\n']) {
      expect(keptBytes(encode(lines[0] + bad + lines[3]), 99)).toBe(encode(lines[0]).length);
    }
  });

  it('keeps doubles to the bit and writes null for what is not finite', () => {
    expect((JSON.parse(lines[0]) as { loss: number }).loss).toBe(0.1 + 0.2);
    expect(lines[3]).toBe('{"step":3,"loss":null}\n');
  });

  it('resumes as a file: cut back, then appended to', async () => {
    const path = join(folder, 'metrics.jsonl');
    const first = openMetricsFile(path, 0);
    for (let step = 1; step <= 5; step++) first.write({ step, loss: 1 / step });
    await first.flush();
    await first.close();
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, '{"step":6,"lo');
    const second = openMetricsFile(path, 3);
    expect(readFileSync(path, 'utf8')).toBe(whole.split('\n').slice(0, 3).join('\n') + '\n');
    for (let step = 4; step <= 5; step++) second.write({ step, loss: 1 / step });
    await second.close();
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('does not take an older run for the new one', async () => {
    const path = join(folder, 'old.jsonl');
    writeFileSync(path, lines.join(''));
    await openMetricsFile(path, 0).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});

describe('smoothing and rates', () => {
  it('is the mean at first, then follows with a memory of fifty', () => {
    let s = { value: 0, count: 0 };
    for (const loss of [4, 2, 3]) s = smoothed(s, loss);
    expect(s).toEqual({ value: 3, count: 3 });
    for (let k = 0; k < 50; k++) s = smoothed(s, 3);
    for (let k = 0; k < 50; k++) s = smoothed(s, 4);
    expect(s.value).toBeCloseTo(4 - 0.98 ** 50, 10);
  });

  it('measures steps a second, forgets a slow start, and says the time left', () => {
    let clock = 100;
    const rate = createRateMeter({ imagesPerStep: 8, totalSteps: 1000, now: () => clock, horizon: 10 });
    clock += 20; // compilation
    expect(rate(1).stepsPerSecond).toBeCloseTo(1 / 20, 12);
    let last = rate(1);
    for (let step = 2; step <= 400; step++) {
      clock += 0.25;
      last = rate(step);
    }
    expect(last.stepsPerSecond).toBeCloseTo(4, 2);
    expect(last.imagesPerSecond).toBeCloseTo(32, 1);
    expect(last.etaSeconds).toBeCloseTo(150, 0);
  });

  it('settles at the right rate for steps far longer than the horizon', () => {
    let clock = 0;
    const rate = createRateMeter({ imagesPerStep: 1, totalSteps: 10, now: () => clock, horizon: 30 });
    for (let step = 1; step <= 5; step++) {
      clock += 300;
      expect(rate(step).stepsPerSecond).toBeCloseTo(1 / 300, 6);
    }
  });
});
