import { describe, expect, it } from 'vitest';
import { createOutput, type OutputStreams } from './output.ts';

const ESCAPE = String.fromCharCode(27);
const CODE_OR_CHARACTER = new RegExp(`${ESCAPE}\\[([\\d;]*)([A-Za-z])|[^${ESCAPE}]`, 'gsu');

/** What a terminal of that size shows after what was written to it: the few control codes that the output uses, and wrapping. */
function terminal(columns: number, rows: number) {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const listeners: (() => void)[] = [];
  const put = (character: string): void => {
    if (column === columns) [row, column] = [row + 1, 0];
    while (lines.length <= row) lines.push([]);
    for (let at = lines[row].length; at < column; at++) lines[row][at] = ' ';
    lines[row][column++] = character;
  };
  let writes = 0;
  const stream = {
    isTTY: true, columns, rows,
    on: (event: string, listener: () => void) => { if (event === 'resize') listeners.push(listener); },
    write(text: string) {
      writes++;
      for (const [part, code, kind] of text.matchAll(CODE_OR_CHARACTER)) {
        if (kind === 'A') row -= Number(code || 1);
        else if (kind === 'K') lines[row]?.splice(column);
        else if (kind === 'J') {
          lines[row]?.splice(column);
          lines.splice(row + 1);
        } else if (kind === 'm') continue;
        else if (part === '\n') [row, column] = [row + 1, 0];
        else if (part === '\r') column = 0;
        else put(part);
        // What has scrolled away cannot be reached.
        expect(row).toBeGreaterThanOrEqual(Math.max(0, lines.length - rows));
      }
      while (lines.length <= row) lines.push([]);
      return true;
    },
  };
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    screen: () => lines.map((line) => line.join('').trimEnd()).join('\n').trimEnd(),
    resize(to: number) {
      stream.columns = to;
      listeners.forEach((listener) => listener());
    },
    writes: () => writes,
  };
}

function collected(): { streams: OutputStreams; out: () => string; err: () => string } {
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({ isTTY: false, write: (text: string) => { texts[name] += text; return true; } }) as unknown as NodeJS.WriteStream;
  return { streams: { out: stream('out'), err: stream('err') }, out: () => texts.out, err: () => texts.err };
}

describe('output in a terminal', () => {
  const open = (columns = 20, rows = 8) => {
    const term = terminal(columns, rows);
    return { ...term, output: createOutput({}, { out: term.stream, err: term.stream }) };
  };

  it('redraws its block in place, lines that stay above it', () => {
    const { output, screen, writes } = open();
    output.line('first');
    output.live(['a', 'one']);
    output.live(['a', 'two']);
    const before = writes();
    output.live(['a', 'two']);
    expect(writes()).toBe(before);
    output.line('second');
    expect(screen()).toBe('first\nsecond\na\ntwo');
    output.live(['x', 'y', 'z']);
    expect(screen()).toBe('first\nsecond\nx\ny\nz');
    output.live(['x', 'short']);
    expect(screen()).toBe('first\nsecond\nx\nshort');
    output.settle();
    output.live(['new']);
    output.result({}, 'result');
    expect(screen()).toBe('first\nsecond\nx\nshort\nnew\nresult');
  });

  it('cuts lines that would wrap, and keeps within the screen', () => {
    const { output, screen } = open(10, 4);
    output.live(Array.from({ length: 9 }, (_, i) => `\x1b[1mline ${i}\x1b[0m is long`));
    output.live(Array.from({ length: 9 }, (_, i) => `line ${i} is longer`));
    expect(screen()).toBe('line 6 is\nline 7 is\nline 8 is');
    output.live([]);
    expect(screen()).toBe('');
  });

  it('writes each change at once, so that nothing half-drawn is seen', () => {
    const { output, writes } = open();
    output.live(['a', 'b']);
    output.line('above');
    output.live(['c']);
    expect(writes()).toBe(3);
  });

  it('begins anew below when the width changes', () => {
    const { output, screen, resize } = open();
    output.live(['one', 'two']);
    resize(10);
    output.live(['three']);
    expect(screen()).toBe('one\ntwo\nthree');
  });
});

describe('output elsewhere', () => {
  it('is plain lines on standard error, the result on standard output', () => {
    const { streams, out, err } = collected();
    const output = createOutput({}, streams);
    expect(output.mode).toBe('plain');
    output.line('hello');
    output.live(['never']);
    output.event({ type: 'never' });
    output.result({ a: 1 }, 'done');
    expect([out(), err()]).toEqual(['done\n', 'hello\n']);
  });

  it('is one JSON object a line on standard output', () => {
    const { streams, out, err } = collected();
    const output = createOutput({ json: true }, streams);
    output.line('never');
    output.live(['never']);
    output.event({ type: 'step', step: 1 });
    output.result({ a: 'x\ny' }, 'never');
    expect([out(), err()]).toEqual(['{"type":"step","step":1}\n{"a":"x\\ny"}\n', '']);
  });
});
