/** Pictures in a terminal: two pixels a character, the upper half block in the colour of the upper one on a ground of the lower one's. */
import type { Picture } from '../formats/picture.ts';

const LEAST_TILE = 14;
/** Characters between pictures, and lines between rows of them. */
const GAP = 1;

export interface HalfBlockOptions {
  /** Characters and lines there are. */
  readonly columns: number;
  readonly lines?: number;
  readonly indent?: number;
}

/**
 * Pictures of one size in rows as equal as can be, each at least 14 characters wide where there is room, shrunk by area means to fit. Returns lines with
 * 24-bit colour codes.
 */
export function halfBlocks(pictures: readonly Picture[], { columns, lines: most = 40, indent = 2 }: HalfBlockOptions): string[] {
  if (pictures.length === 0) return [];
  const { width, height } = pictures[0];
  const usable = Math.max(LEAST_TILE, columns - indent - 1);
  const fitting = Math.max(1, Math.min(pictures.length, Math.floor((usable + GAP) / (Math.min(width, LEAST_TILE) + GAP))));
  const down = Math.ceil(pictures.length / fitting);
  const across = Math.ceil(pictures.length / down);
  const tall = 2 * Math.floor((most - GAP * (down - 1)) / down);
  const tile = Math.max(1, Math.min(width, Math.floor((usable + GAP) / across) - GAP, Math.floor((tall * width) / height)));
  const rows = 2 * Math.max(1, Math.round((tile * height) / width / 2));
  const lines: string[] = [];
  for (let first = 0; first < pictures.length; first += across) {
    for (let k = 0; first > 0 && k < GAP; k++) lines.push('');
    const shrunk = pictures.slice(first, first + across).map((picture) => shrink(picture, tile, rows));
    for (let y = 0; y < rows; y += 2) {
      let line = ' '.repeat(indent);
      let last = '';
      for (const [index, pixels] of shrunk.entries()) {
        if (index > 0) {
          line += `\x1b[0m${' '.repeat(GAP)}`;
          last = '';
        }
        for (let x = 0; x < tile; x++) {
          const upper = pixels[y * tile + x];
          const lower = pixels[(y + 1) * tile + x];
          const codes = `\x1b[38;2;${upper.join(';')};48;2;${lower.join(';')}m`;
          line += codes === last ? '▀' : `${codes}▀`;
          last = codes;
        }
      }
      lines.push(`${line}\x1b[0m`);
    }
  }
  return lines;
}

/** Means over the area that each target pixel covers, as [red, green, blue]. */
function shrink({ width, height, channels, data }: Picture, toWidth: number, toHeight: number): number[][] {
  const out: number[][] = [];
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const [x0, x1, y0, y1] = [(x * width) / toWidth, ((x + 1) * width) / toWidth, (y * height) / toHeight, ((y + 1) * height) / toHeight];
      const sums = [0, 0, 0];
      let total = 0;
      for (let py = Math.floor(y0); py < Math.min(height, Math.ceil(y1)); py++) {
        for (let px = Math.floor(x0); px < Math.min(width, Math.ceil(x1)); px++) {
          const cover = (Math.min(x1, px + 1) - Math.max(x0, px)) * (Math.min(y1, py + 1) - Math.max(y0, py));
          for (let c = 0; c < 3; c++) sums[c] += cover * data[(py * width + px) * channels + (channels === 3 ? c : 0)];
          total += cover;
        }
      }
      out.push(sums.map((sum) => Math.round(sum / total)));
    }
  }
  return out;
}
