/**
 * Points of the plane as a picture: the square [−1.2, 1.2]², y upwards, a soft dot each in the colour of its class, added up so that dense places glow.
 */
import { fitText, drawText, textHeight } from '../formats/lettering.ts';
import { canvas, fillRectangle, type Picture, type Rgb } from '../formats/picture.ts';

export interface ScatterOptions {
  /** One a point. */
  readonly classes?: ArrayLike<number>;
  readonly title?: string;
  readonly caption?: string;
  /** 0 … 1: a bar below. */
  readonly progress?: number;
  /** Side of the plot in pixels. */
  readonly size?: number;
}

const NIGHT: Rgb = [22, 24, 30];
const TEXT: Rgb = [236, 238, 242];
const QUIET: Rgb = [158, 164, 176];
const TRACK: Rgb = [52, 56, 66];
const ACCENT: Rgb = [242, 166, 84];
/** Hues that stay apart for most readers; the first is that of unlabelled points. */
const COLORS: readonly Rgb[] = [[242, 166, 84], [96, 178, 240], [122, 214, 140], [236, 110, 128], [190, 150, 240], [240, 216, 110], [104, 216, 212], [224, 140, 196]];
const RANGE = 1.2;
const MARGIN = 12;

/** points [count, 2] → an RGB picture. Points outside the square are left out. */
export function scatter(points: Float32Array, { classes, title, caption, progress, size = 480 }: ScatterOptions = {}): Picture {
  const line = textHeight(2) + MARGIN;
  const top = MARGIN + (title === undefined ? 0 : line);
  const bar = progress === undefined ? 0 : 6 + MARGIN;
  const out = canvas(size + 2 * MARGIN, top + size + bar + (caption === undefined ? 0 : line) + MARGIN, NIGHT);
  fillRectangle(out, MARGIN, top, size, size, [28, 31, 38]);
  const glow = new Float32Array(3 * size * size);
  const radius = points.length / 2 > 2000 ? 1.5 : 2.5;
  const reach = Math.ceil(radius);
  for (let i = 0; i < points.length / 2; i++) {
    const x = ((points[2 * i] / RANGE + 1) / 2) * size;
    const y = ((1 - points[2 * i + 1] / RANGE) / 2) * size;
    const color = COLORS[(classes?.[i] ?? 0) % COLORS.length];
    for (let py = Math.floor(y) - reach; py <= Math.floor(y) + reach; py++) {
      for (let px = Math.floor(x) - reach; px <= Math.floor(x) + reach; px++) {
        if (px < 0 || py < 0 || px >= size || py >= size) continue;
        const far = Math.sqrt((px + 0.5 - x) ** 2 + (py + 0.5 - y) ** 2);
        const cover = Math.min(1, Math.max(0, radius - far)) * 0.7;
        for (let c = 0; c < 3; c++) glow[3 * (py * size + px) + c] += cover * color[c];
      }
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = ((top + y) * out.width + MARGIN + x) * 3;
      for (let c = 0; c < 3; c++) {
        // Light adds up and saturates: 1 − e^(−glow).
        const paper = out.data[at + c];
        out.data[at + c] = paper + (255 - paper) * (1 - Math.exp(-glow[3 * (y * size + x) + c] / 180));
      }
    }
  }
  if (title !== undefined) drawText(out, fitText(title, size, 2), MARGIN, MARGIN, { color: TEXT, scale: 2 });
  if (progress !== undefined) {
    fillRectangle(out, MARGIN, top + size + MARGIN, size, 6, TRACK);
    fillRectangle(out, MARGIN, top + size + MARGIN, Math.round(size * Math.min(1, Math.max(0, progress))), 6, ACCENT);
  }
  if (caption !== undefined) drawText(out, fitText(caption, size, 2), MARGIN, top + size + bar + MARGIN, { color: QUIET, scale: 2 });
  return out;
}
