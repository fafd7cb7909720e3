/**
 * 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016), made of Gather and MatMul:
 *
 *   y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A per 6×6 tile d with overlap 2 → 4×4 outputs; ⊙ summed over channels is 36 matrix products.
 *
 * In Kronecker form Bᵀ d B is a 36×36 matrix on the flattened tile, so each transform is one MatMul. The gradient of the weight runs the
 * same products backwards: dw = Gᵀ[Σ_tiles (A g Aᵀ) ⊙ (Bᵀ d B)]G. Tiles that stick out of the picture are padded and cut off again.
 * Rounding: about 1e-5 relative to the largest output (the direct form: 5e-7).
 */
import { padded, product, reshaped, sliced, transposed, type Emitter, type Ref } from './emitter.ts';

const BT = [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]];
const G = [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]];
const AT = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]];

const kronecker = (a: readonly number[][], b: readonly number[][]): number[][] => a.flatMap((x) => b.map((y) => x.flatMap((u) => y.map((v) => u * v))));
const flip = (m: readonly number[][]): number[][] => m[0].map((_, j) => m.map((row) => row[j]));
const INPUT_TRANSFORM = kronecker(BT, BT); // [36, 36]
const WEIGHT_TRANSFORM = kronecker(G, G); // [36, 9]
const WEIGHT_TRANSFORM_T = flip(WEIGHT_TRANSFORM); // [9, 36]
/** Of the kernel turned by 180°: its nine elements in reverse order. */
const TURNED_TRANSFORM = WEIGHT_TRANSFORM.map((row) => row.toReversed()); // [36, 9]
const OUTPUT_TRANSFORM = kronecker(AT, AT); // [16, 36]

const matrix = (e: Emitter, m: readonly number[][]): Ref => e.constant(cached(m), [m.length, m[0].length], 'float32');
const arrays = new WeakMap<readonly number[][], Float32Array>();
function cached(m: readonly number[][]): Float32Array {
  let array = arrays.get(m);
  if (!array) arrays.set(m, (array = Float32Array.from(m.flat())));
  return array;
}
const OUTPUT_TRANSFORM_T = flip(OUTPUT_TRANSFORM);

interface Tiles { readonly n: number; readonly h: number; readonly w: number; readonly down: number; readonly across: number; readonly count: number }
const tilesOf = (n: number, h: number, w: number): Tiles => {
  const [down, across] = [Math.ceil(h / 4), Math.ceil(w / 4)];
  return { n, h, w, down, across, count: n * down * across };
};

/** Row numbers of a [n·height·width] table for window element (i, j) of every tile. */
function windowRows(size: number, { n, down, across, count }: Tiles, height: number, width: number): Int32Array {
  const rows = new Int32Array(size * size * count);
  let k = 0;
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) for (let s = 0; s < n; s++) {
    for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) rows[k++] = (s * height + 4 * y + i) * width + 4 * x + j;
  }
  return rows;
}

/** x [n, c, h, w] → windows of size² rows [size², tiles, c], the picture padded by `border` in front. */
function windows(e: Emitter, x: Ref, size: number, border: number): Ref {
  const [n, c, h, w] = x.shape;
  const tiles = tilesOf(n, h, w);
  const [height, width] = [4 * tiles.down + 2 * border, 4 * tiles.across + 2 * border];
  const table = padded(e, transposed(e, x, [0, 2, 3, 1]), [0, border, border, 0, 0, height - h - border, width - w - border, 0]);
  const rows = sharedRows(e, `${size},${n},${tiles.down},${tiles.across}`, () => windowRows(size, tiles, height, width));
  return e.node('Gather', [reshaped(e, table, [n * height * width, c]), e.constant(rows, [size * size, tiles.count], 'int32')], [size * size, tiles.count, c], { axis: 0 });
}
const rowTables = new WeakMap<Emitter, Map<string, Int32Array>>();
function sharedRows(e: Emitter, key: string, make: () => Int32Array): Int32Array {
  let tables = rowTables.get(e);
  if (!tables) rowTables.set(e, (tables = new Map()));
  let rows = tables.get(key);
  if (!rows) tables.set(key, (rows = make()));
  return rows;
}

const transform = (e: Emitter, m: readonly number[][], x: Ref): Ref => {
  const [k, tiles, c] = x.shape;
  return reshaped(e, product(e, matrix(e, m), reshaped(e, x, [k, tiles * c])), [m.length, tiles, c]);
};

/** Bᵀ d B of every tile: [36, tiles, c]. */
const inputTiles = (e: Emitter, x: Ref): Ref => transform(e, INPUT_TRANSFORM, windows(e, x, 6, 1));
/** G w Gᵀ, or that of the turned kernel: [36, out, in]. The small transpose first lets the product run without transposed operands. */
function weightTiles(e: Emitter, w: Ref, m: readonly number[][]): Ref {
  const [out, channels] = w.shape;
  const taps = transposed(e, reshaped(e, w, [out * channels, 9]), [1, 0]);
  return reshaped(e, product(e, matrix(e, m), taps), [36, out, channels]);
}

function untile(e: Emitter, products: Ref, { n, h, w, down, across }: Tiles): Ref {
  const channels = products.shape[2];
  const y = transform(e, OUTPUT_TRANSFORM, products); // [16, tiles, channels]
  // Two transposes that ONNX Runtime does by blocks (rows of channels, then channels against pixels) take half the time of the one they make up.
  const nhwc = reshaped(e, transposed(e, reshaped(e, y, [4, 4, n, down, across, channels]), [2, 3, 0, 4, 1, 5]), [n, 16 * down * across, channels]);
  const picture = reshaped(e, transposed(e, nhwc, [0, 2, 1]), [n, channels, 4 * down, 4 * across]);
  return sliced(e, picture, [2, 3], [0, 0], [h, w]);
}

/** x [n, in, h, w] ⋆ w [out, in, 3, 3], padding 1 → [n, out, h, w]. */
export function winogradConv(e: Emitter, x: Ref, w: Ref): Ref {
  const [n, , h, width] = x.shape;
  return untile(e, product(e, inputTiles(e, x), weightTiles(e, w, WEIGHT_TRANSFORM), { transB: true }), tilesOf(n, h, width));
}

/** Gradient with respect to the input of that convolution: g [n, out, h, w] convolved by the weight turned by 180°, summed over `out`. */
export function winogradInputGrad(e: Emitter, g: Ref, w: Ref): Ref {
  const [n, , h, width] = g.shape;
  return untile(e, product(e, inputTiles(e, g), weightTiles(e, w, TURNED_TRANSFORM)), tilesOf(n, h, width));
}

/** Gradient with respect to the weight, [out, in, 3, 3], from x [n, in, h, w] and g [n, out, h, w]. */
export function winogradWeightGrad(e: Emitter, x: Ref, g: Ref): Ref {
  const [out, channels] = [g.shape[1], x.shape[1]];
  const tiles = transform(e, OUTPUT_TRANSFORM_T, windows(e, g, 4, 0)); // [36, tiles, out]
  const products = product(e, tiles, inputTiles(e, x), { transA: true }); // [36, out, in]
  const taps = product(e, matrix(e, WEIGHT_TRANSFORM_T), reshaped(e, products, [36, out * channels])); // [9, out·in]
  return reshaped(e, transposed(e, taps, [1, 0]), [out, channels, 3, 3]);
}
