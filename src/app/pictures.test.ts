import { describe, expect, it } from 'vitest';
import { decodePng, encodePng } from '../formats/png.ts';
import { overview, picturesOf, rowsOf } from './pictures.ts';
import { recipeFrom, recipeText, type PictureRecipe } from './picture-text.ts';
import { scatter } from './scatter.ts';

describe('overview', () => {
  it('has a row a class where samples come class by class', () => {
    const names = ['cat', 'dog', 'owl'];
    expect(rowsOf({ count: 6, classes: Int32Array.of(0, 0, 0, 2, 2, 2) }, names)).toEqual({ columns: 3, rowLabels: ['cat', 'owl'] });
    expect(rowsOf({ count: 3, classes: Int32Array.of(0, 1, 2) }, names)).toEqual({ columns: 1, rowLabels: names });
    for (const classes of [[0, 0, 1], [0, 0, 1, 0], [1, 1, 1]]) expect(rowsOf({ count: classes.length, classes: Int32Array.from(classes) }, names)).toEqual({});
    expect(rowsOf({ count: 4 }, names)).toEqual({});
  });

  it('shows every sample\'s pixels, enlarged by a whole factor', () => {
    const values = Float32Array.from({ length: 8 }, (_, i) => i / 3.5 - 1);
    const samples = { values, shape: [1, 2, 2], count: 2 };
    const [first, second] = picturesOf(samples);
    expect([...first.data, ...second.data]).toEqual([0, 36, 73, 109, 146, 182, 219, 255]);
    const drawn = overview(samples, undefined, { scale: 3 });
    for (const value of [36, 255]) expect(drawn.data.filter((v, i) => i % 3 === 0 && v === value && drawn.data[i + 1] === value)).toHaveLength(9);
    expect(() => overview({ values: new Float32Array(0), shape: [1, 2, 2], count: 0 }, undefined)).toThrow('there are no samples');
  });
});

describe('scatter', () => {
  const SIZE = 240;
  /** The brightest pixel's place in the plot, in [−1.2, 1.2]². */
  function brightest(points: Float32Array): [number, number] {
    const { width, data } = scatter(points, { size: SIZE });
    let at = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i] > data[3 * at]) at = i / 3;
    const [x, y] = [(at % width) - 12 + 0.5, Math.floor(at / width) - 12 + 0.5];
    return [(x / SIZE) * 2.4 - 1.2, 1.2 - (y / SIZE) * 2.4];
  }
  it.each([[0, 0], [0.9, 0.5], [-1, -0.25]])('puts (%d, %d) where it belongs, y upwards', (x, y) => {
    const [px, py] = brightest(Float32Array.of(x, y));
    expect(Math.abs(px - x)).toBeLessThan(0.02);
    expect(Math.abs(py - y)).toBeLessThan(0.02);
  });
  it('leaves out what lies outside', () => expect(scatter(Float32Array.of(5, 5, NaN, 0)).data).toEqual(scatter(new Float32Array(0)).data));
  it('tells classes apart', () => {
    const points = Float32Array.of(0.5, 0.5);
    expect(scatter(points, { classes: [0] }).data).not.toEqual(scatter(points, { classes: [1] }).data);
  });
});

describe('what a picture says of itself', () => {
  const recipe: PictureRecipe = {
    version: '0.1.0', model: 'runs/größe', modelHash: '0123456789abcdef', seed: 5, classes: ['cat', 'cat', 'été'], count: 3, batch: 2, index: null,
    settings: { sampler: 'ddim', steps: 25, guidanceScale: 2, guidanceInterval: null }, lowering: 'fast', device: 'cpu', threads: null, title: null,
  };
  it('comes back from the file', () => {
    const { text } = decodePng(encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(3) }, recipeText(recipe)));
    expect(recipeFrom(text, 'x.png')).toEqual(recipe);
    expect(Object.fromEntries(text)).toMatchObject({ Software: 'Noisette 0.1.0', classes: 'cat, été', seed: '5', sampler: 'ddim', steps: '25', 'guidance scale': '2', 'model hash': '0123456789abcdef' });
    expect(recipeText({ ...recipe, index: 2 })).toMatchObject({ classes: 'été', sample: '2' });
  });
  it('is refused when it is not there or damaged', () => {
    expect(() => recipeFrom(new Map([['Author', 'me']]), 'x.png')).toThrow('x.png: carries no recipe (text chunk "noisette"); it has Author');
    for (const damaged of ['{', '{}', '{"seed":1}']) expect(() => recipeFrom(new Map([['noisette', damaged]]), 'x.png')).toThrow(/^x\.png: its recipe is damaged: [^\n]*$/);
  });
});
