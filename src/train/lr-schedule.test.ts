import { describe, expect, it } from 'vitest';
import { lrSchedule } from './lr-schedule.ts';

describe('learning-rate schedules', () => {
  it('warm up linearly from the first step and reach the peak', () => {
    const rate = lrSchedule({ peak: 2e-4, warmupSteps: 4 });
    expect([0, 1, 2, 3, 4, 999].map((k) => rate(k) / 2e-4)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  });

  it('fall along a line', () => {
    const rate = lrSchedule({ peak: 1, warmupSteps: 10, totalSteps: 110, decay: 'linear', floor: 0.1 });
    expect(rate(10)).toBe(1);
    expect(rate(60)).toBeCloseTo(0.55, 12);
    expect(rate(110)).toBeCloseTo(0.1, 12);
    expect(rate(5000)).toBeCloseTo(0.1, 12);
  });

  it('fall along a half cosine: level at both ends, half way in the middle', () => {
    const rate = lrSchedule({ peak: 3, totalSteps: 200, decay: 'cosine' });
    expect(rate(0)).toBe(3);
    expect(rate(100)).toBeCloseTo(1.5, 12);
    expect(rate(200)).toBeCloseTo(0, 12);
    expect(rate(50) + rate(150)).toBeCloseTo(3, 12);
    for (let k = 0; k < 200; k++) expect(rate(k + 1)).toBeLessThan(rate(k));
  });

  it('fall with the inverse root, joined to the warm-up without a jump', () => {
    const rate = lrSchedule({ peak: 1, warmupSteps: 100, decay: 'inverse-sqrt', floor: 0.01 });
    expect(rate(100)).toBe(1);
    expect(rate(400)).toBeCloseTo(0.5, 12);
    expect(rate(1e9)).toBe(0.01);
    expect(lrSchedule({ peak: 1, decay: 'inverse-sqrt', decayFrom: 70_000 })(280_000)).toBeCloseTo(0.5, 12);
  });

  it('say what is missing', () => {
    expect(() => lrSchedule({ peak: 1, decay: 'cosine' })).toThrow('cosine needs totalSteps above the 0 warm-up steps, got undefined');
    expect(() => lrSchedule({ peak: 0 })).toThrow('the peak must be a positive number');
    expect(() => lrSchedule({ peak: 1, decay: 'step' as 'linear' })).toThrow('one of constant, linear, cosine, inverse-sqrt');
  });
});
