/**
 * Where a command's events go: one JSON object a line (`--json`), one plain line an event when the output is no terminal, or a terminal with a live block
 * at the bottom that is redrawn in place. Results go to standard output, everything else in plain and terminal form to standard error.
 */
import { clipLine, hasColors } from './style.ts';

/** Something the user should know, before there is any other output. */
export const notice = (message: string): void => void process.stderr.write(`noisette: note: ${message}\n`);

/** Something that happened, as JSON. `type` comes first. */
export interface JsonEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Output {
  readonly mode: 'json' | 'plain' | 'terminal';
  /** A line that stays. In JSON mode nothing: pass the event to {@link event}. */
  line(text: string): void;
  /** For machines only: in the other modes nothing. */
  event(event: JsonEvent): void;
  /** Lines at the bottom of a terminal that replace those shown before; nothing elsewhere. */
  live(lines: readonly string[]): void;
  /** The last line of a command: JSON where asked for, otherwise text on standard output. */
  result(json: Readonly<Record<string, unknown>>, text: string): void;
  /** Leaves the live block as it is and starts below it. */
  settle(): void;
}

export interface OutputStreams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/** Makes the output of a command. */
export function createOutput({ json }: { json?: boolean }, { out, err }: OutputStreams = { out: process.stdout, err: process.stderr }): Output {
  if (json) {
    return {
      mode: 'json', line: () => {}, live: () => {}, settle: () => {},
      event: (event) => void out.write(`${JSON.stringify(event)}\n`),
      result: (value) => void out.write(`${JSON.stringify(value)}\n`),
    };
  }
  if (!err.isTTY || process.env.TERM === 'dumb' || !hasColors(err)) {
    return {
      mode: 'plain', event: () => {}, live: () => {}, settle: () => {},
      line: (text) => void err.write(`${text}\n`),
      result: (_, text) => void out.write(`${text}\n`),
    };
  }
  const block = liveBlock(err);
  return {
    mode: 'terminal', event: () => {},
    line: (text) => block.print(text),
    live: (lines) => block.update(lines),
    settle: () => block.settle(),
    result(_, text) {
      block.settle();
      out.write(`${text}\n`);
    },
  };
}

/**
 * Lines redrawn in place: up to the first that changed, then each anew, the cursor left at the end of the last. Lines are cut at the terminal's width, since a line
 * that wraps would be two when going up; each change is one write, so that nothing half-drawn is seen.
 */
function liveBlock(stream: NodeJS.WriteStream) {
  let shown: readonly string[] = [];
  const up = (count: number): string => (count > 0 ? `\x1b[${count}A` : '');
  const erasing = (): string => (shown.length ? `\r${up(shown.length - 1)}\x1b[J` : '');
  // After a change of the width nobody knows where lines are: what stands there stays, and a new block begins below.
  stream.on('resize', () => {
    if (shown.length) stream.write('\n');
    shown = [];
  });
  return {
    update(next: readonly string[]) {
      const columns = stream.columns ?? 80;
      const lines = next.slice(-Math.max(1, (stream.rows ?? 24) - 1)).map((line) => clipLine(line, columns - 1));
      if (lines.length !== shown.length) stream.write(erasing() + lines.join('\n'));
      else {
        const first = lines.findIndex((line, i) => line !== shown[i]);
        if (first < 0) return;
        stream.write(`\r${up(lines.length - 1 - first)}${lines.slice(first).map((line) => `${line}\x1b[K`).join('\n')}`);
      }
      shown = lines;
    },
    print(text: string) {
      stream.write(`${erasing()}${text}\n${shown.join('\n')}`);
    },
    settle() {
      if (shown.length) stream.write('\n');
      shown = [];
    },
  };
}
