/**
 * Pictures of many samples: a grid with labels for rows and columns and a title, and the frames of films, which add a progress bar and
 * a caption. Small samples are enlarged by whole factors; lettering is the built-in bitmap font.
 */
import { check } from '../core/errors.ts';
import { capHeight, drawText, fitText, textHeight, textWidth } from './lettering.ts';
import { canvas, enlarge, fillRectangle, place, type Picture, type Rgb } from './picture.ts';

export interface GridOptions {
  /** Images a row; by default the smallest number whose square holds them all, or the number of column labels. */
  readonly columns?: number;
  /** Enlargement of the images, a whole number; by default as large as keeps the grid within about 900 pixels, at most 8. */
  readonly scale?: number;
  /** Space between images in pixels of the result. Default: 4. */
  readonly pad?: number;
  readonly background?: Rgb;
  /** One for each row, at its left; long ones are cut off. */
  readonly rowLabels?: readonly string[];
  /** One for each column, above it; cut off at the width of a column. */
  readonly columnLabels?: readonly string[];
  readonly title?: string;
  /** A line below the images. */
  readonly caption?: string;
  /** 0 … 1: draws a bar below the images filled so far. */
  readonly progress?: number;
}

const NIGHT: Rgb = [22, 24, 30];
const ACCENT: Rgb = [242, 166, 84];
const MAX_LABEL_WIDTH = 160;
const TARGET_SIZE = 900;

/** Ink that reads on a background: text, and a quieter tone for labels and the empty bar. */
function inks([red, green, blue]: Rgb): { text: Rgb; label: Rgb; track: Rgb } {
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  return isDark ? { text: [236, 238, 242], label: [158, 164, 176], track: [52, 56, 66] } : { text: [28, 30, 36], label: [98, 104, 116], track: [214, 216, 222] };
}

/**
 * Draws equally sized images as one RGB picture, row by row from the upper left; the last row may be short.
 * @param images grey or RGB, all of one size, at least one.
 * @throws NoisetteError on no images, sizes that differ, or labels that do not match rows or columns in number.
 */
export function grid(images: readonly Picture[], options: GridOptions = {}): Picture {
  const { pad = 4, background = NIGHT, rowLabels, columnLabels, title, caption, progress } = options;
  check(images.length > 0, 'grid', 'there are no images to draw');
  const { width, height } = images[0];
  images.forEach((image, i) =>
    check(image.width === width && image.height === height, 'grid', () => `image ${i} is ${image.width}×${image.height} but the first is ${width}×${height}; all must have one size`),
  );
  const columns = options.columns ?? columnLabels?.length ?? Math.ceil(Math.sqrt(images.length));
  check(Number.isInteger(columns) && columns > 0, 'grid', `columns must be a positive integer, got ${columns}`);
  const rows = Math.ceil(images.length / columns);
  check(!rowLabels || rowLabels.length === rows, 'grid', () => `${rows} rows but ${rowLabels?.length} rowLabels`);
  check(!columnLabels || columnLabels.length === columns, 'grid', () => `${columns} columns but ${columnLabels?.length} columnLabels`);
  const scale = options.scale ?? Math.max(1, Math.min(8, Math.floor((TARGET_SIZE / Math.max(columns, rows) - pad) / Math.max(width, height))));
  check(Number.isInteger(scale) && scale > 0, 'grid', `scale must be a positive integer, got ${scale}`);
  check(Number.isInteger(pad) && pad >= 0, 'grid', `pad must be an integer from 0, got ${pad}`);

  const ink = inks(background);
  const cellWidth = width * scale;
  const cellHeight = height * scale;
  // Letters follow the size of the cells: 1 for thumbnails, 2 for what is looked at.
  const letter = cellHeight >= 40 && columns * cellWidth >= 160 ? 2 : 1;
  const margin = Math.max(pad, 6 * letter);
  const labelOf = (text: string): string => fitText(text, MAX_LABEL_WIDTH * letter, letter);
  const labelWidth = rowLabels ? Math.max(...rowLabels.map((text) => textWidth(labelOf(text), letter))) + margin : 0;
  const titleHeight = title === undefined ? 0 : textHeight(letter) + margin;
  const headHeight = columnLabels ? textHeight(letter) + Math.max(2, margin >> 1) : 0;
  const barHeight = progress === undefined ? 0 : 3 * letter + margin;
  const captionHeight = caption === undefined ? 0 : textHeight(letter) + margin;
  const innerWidth = columns * (cellWidth + pad) - pad;
  const innerHeight = rows * (cellHeight + pad) - pad;
  const left = margin + labelWidth;
  const top = margin + titleHeight + headHeight;
  const out = canvas(left + innerWidth + margin, top + innerHeight + barHeight + captionHeight + margin, background);

  const usable = out.width - 2 * margin;
  if (title !== undefined) drawText(out, fitText(title, usable, letter), margin, margin, { color: ink.text, scale: letter });
  columnLabels?.forEach((text, column) => {
    const fitted = fitText(text, cellWidth + pad - letter, letter);
    const x = left + column * (cellWidth + pad) + ((cellWidth - textWidth(fitted, letter)) >> 1);
    drawText(out, fitted, x, margin + titleHeight, { color: ink.label, scale: letter });
  });
  rowLabels?.forEach((text, row) => {
    const fitted = labelOf(text);
    const y = top + row * (cellHeight + pad) + ((cellHeight - capHeight(letter)) >> 1);
    drawText(out, fitted, left - margin - textWidth(fitted, letter), y, { color: ink.label, scale: letter });
  });
  images.forEach((image, i) => place(out, enlarge(image, scale), left + (i % columns) * (cellWidth + pad), top + Math.floor(i / columns) * (cellHeight + pad)));
  if (progress !== undefined) {
    const y = top + innerHeight + margin;
    fillRectangle(out, left, y, innerWidth, 3 * letter, ink.track);
    fillRectangle(out, left, y, Math.round(innerWidth * Math.min(1, Math.max(0, progress))), 3 * letter, ACCENT);
  }
  if (caption !== undefined) {
    drawText(out, fitText(caption, innerWidth, letter), left, top + innerHeight + barHeight + margin, { color: ink.label, scale: letter });
  }
  return out;
}
