import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { randomAffine } from './random-affine.ts';

const SIZE = 21;
const stream = (index: number) => createStream({ seed: 3, purpose: 'augment', index });
/** A smooth blob around (cx, cy), counted from the middle. */
function blob(cx: number, cy: number, width = 2.5): Float32Array {
  return Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [dx, dy] = [(i % SIZE) - 10 - cx, Math.floor(i / SIZE) - 10 - cy];
    return 2 * Math.exp(-(dx * dx + dy * dy) / (2 * width * width)) - 1;
  });
}
/** Mass, centre of mass and second moments of (image + 1). */
function momentsOf(image: Float32Array) {
  let mass = 0;
  let [mx, my] = [0, 0];
  image.forEach((v, i) => {
    mass += v + 1;
    mx += (v + 1) * ((i % SIZE) - 10);
    my += (v + 1) * (Math.floor(i / SIZE) - 10);
  });
  return { mass, x: mx / mass, y: my / mass };
}
const shape = [1, SIZE, SIZE] as const;

describe('randomAffine', () => {
  it('changes nothing when all ranges are 0', () => {
    const image = blob(2, -1);
    const before = image.slice();
    randomAffine({})(image, shape, stream(0));
    expect(image).toEqual(before);
  });

  it('shifts the centre of mass within the range, evenly, and keeps the mass', () => {
    const shifts = Array.from({ length: 300 }, (_, index) => {
      const image = blob(0, 0);
      randomAffine({ shift: 3 })(image, shape, stream(index));
      const { mass, x, y } = momentsOf(image);
      expect(Math.abs(mass / momentsOf(blob(0, 0)).mass - 1)).toBeLessThan(0.02);
      return [x, y];
    }).flat();
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThan(3.05);
    expect(Math.min(...shifts)).toBeLessThan(-2.6);
    expect(Math.max(...shifts)).toBeGreaterThan(2.6);
    expect(Math.sqrt(shifts.reduce((sum, v) => sum + v * v, 0) / shifts.length)).toBeCloseTo(3 / Math.sqrt(3), 1);
  });

  it('turns a point about the middle: radius kept, angle within the range', () => {
    const angles = Array.from({ length: 200 }, (_, index) => {
      const image = blob(5, 0, 1.2);
      randomAffine({ rotate: 30 })(image, shape, stream(index));
      const { x, y } = momentsOf(image);
      expect(Math.hypot(x, y)).toBeCloseTo(5, 1);
      return (Math.atan2(y, x) * 180) / Math.PI;
    });
    expect(Math.max(...angles.map(Math.abs))).toBeLessThan(30.5);
    expect(Math.max(...angles)).toBeGreaterThan(27);
    expect(Math.min(...angles)).toBeLessThan(-27);
  });

  it('scales each side by 1/1.5 … 1.5 and shears x by y', () => {
    const scales = Array.from({ length: 200 }, (_, index) => {
      const image = blob(4, 0, 1.2);
      randomAffine({ scale: 0.5 })(image, shape, stream(index));
      return momentsOf(image).x / 4;
    });
    expect(Math.min(...scales)).toBeGreaterThan(0.66);
    expect(Math.min(...scales)).toBeLessThan(0.72);
    expect(Math.max(...scales)).toBeGreaterThan(1.4);
    const shears = Array.from({ length: 100 }, (_, index) => {
      const image = blob(0, 5, 1.2);
      randomAffine({ shear: 0.4 })(image, shape, stream(index));
      const { x, y } = momentsOf(image);
      expect(y).toBeCloseTo(5, 1);
      return x / 5;
    });
    expect(Math.max(...shears.map(Math.abs))).toBeLessThan(0.41);
    expect(Math.max(...shears)).toBeGreaterThan(0.35);
  });

  it('is a function of the example alone, and fills what comes in', () => {
    const change = randomAffine({ rotate: 20, shift: 4, scale: 0.2, shear: 0.2 });
    const twice = [0, 1].map(() => {
      const image = blob(1, 1);
      change(image, shape, stream(7));
      return image;
    });
    expect(twice[0]).toEqual(twice[1]);
    const white = new Float32Array(SIZE * SIZE).fill(1);
    randomAffine({ shift: 5, fill: -1 })(white, shape, stream(1));
    expect(Math.min(...white)).toBe(-1);
    expect(() => randomAffine({ shear: 1 })).toThrow('randomAffine: shear must be below 1, got 1');
    expect(() => randomAffine({ rotate: -1 })).toThrow('randomAffine: rotate must be a number from 0, got -1');
  });
});
