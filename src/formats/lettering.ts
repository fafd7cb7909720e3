/** Text on pictures, in whole pixels: no blending, so that pictures stay small and equal everywhere. */
import { BASELINE, glyphsOf, GLYPH_HEIGHT } from './font.ts';
import { fillRectangle, type Picture, type Rgb } from './picture.ts';

/** Width in pixels; characters stand one (scaled) pixel apart. */
export const textWidth = (text: string, scale = 1): number => glyphsOf(text).reduce((sum, { width }) => sum + (width + 1) * scale, -scale * (text === '' ? 0 : 1));

/** From the top of the capitals to the bottom of the descenders. */
export const textHeight = (scale = 1): number => GLYPH_HEIGHT * scale;

/** From the top of the capitals to the baseline: what should look centred. */
export const capHeight = (scale = 1): number => BASELINE * scale;

/** Draws one line of text; (left, top) is the upper left corner of its capitals. What lies outside the canvas is cut off. */
export function drawText(target: Picture, text: string, left: number, top: number, { color, scale = 1 }: { color: Rgb; scale?: number }): void {
  let x = left;
  for (const { width, rows } of glyphsOf(text)) {
    rows.forEach((bits, row) => {
      for (let column = 0; column < width; column++) {
        if ((bits >>> column) & 1) fillRectangle(target, x + column * scale, top + row * scale, scale, scale, color);
      }
    });
    x += (width + 1) * scale;
  }
}

/** The text cut to at most `width` pixels, with three dots where something was left out. */
export function fitText(text: string, width: number, scale = 1): string {
  if (textWidth(text, scale) <= width) return text;
  const characters = [...text];
  while (characters.length && textWidth(`${characters.join('')}...`, scale) > width) characters.pop();
  return characters.length ? `${characters.join('')}...` : '';
}
