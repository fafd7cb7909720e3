/** Colours and small words of the terminal. */

/** Whether a stream shows colours: a terminal, unless NO_COLOR is set. */
export const hasColors = (stream: NodeJS.WriteStream): boolean => Boolean(stream.isTTY) && !process.env.NO_COLOR;

const paint = (code: string) => (text: string): string => `\x1b[${code}m${text}\x1b[0m`;
export const bold = paint('1');
export const quiet = paint('38;5;245');
export const accent = paint('38;5;215');

/** 1234567 → `1.23 M` */
export const short = (n: number): string => (n >= 1e9 ? `${(n / 1e9).toPrecision(3)} G` : n >= 1e6 ? `${(n / 1e6).toPrecision(3)} M` : n >= 1e4 ? `${(n / 1e3).toPrecision(3)} k` : String(n));

/** 1234567 → `1.2 MB` */
export const bytes = (n: number): string => (n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${Math.round(n / 1e6)} MB` : `${Math.round(n / 1e3)} kB`);

/** Seconds as `42 s`, `3:05` or `2:03:05`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const [hours, minutes, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A number a second: `2.4`, `148`. */
export const rate = (perSecond: number): string => (perSecond < 9.95 ? perSecond.toFixed(1) : String(Math.round(perSecond)));

const ESCAPE = String.fromCharCode(27);
/** A colour code, or one character, which may be a pair of code units. */
const CODE_OR_CHARACTER = new RegExp(`${ESCAPE}\\[[\\d;]*m|.`, 'gsu');

/** A line cut off at `columns` characters, colour codes not counted; colours end where it is cut. */
export function clipLine(line: string, columns: number): string {
  let room = columns;
  let out = '';
  for (const [part] of line.matchAll(CODE_OR_CHARACTER)) {
    if (part.length > 1 && part.startsWith(ESCAPE)) out += part;
    else if (room-- > 0) out += part;
    else return `${out}\x1b[0m`;
  }
  return out;
}

/** A bar of `width` characters, `fraction` of it filled, to an eighth of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = eighths % 8;
  const tip = part && full < width ? '▏▎▍▌▋▊▉'[part - 1] : '';
  return `${accent('█'.repeat(full) + tip)}${quiet('·'.repeat(width - full - (tip ? 1 : 0)))}`;
}
