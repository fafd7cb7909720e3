/**
 * Text in PNG files: tEXt (Latin-1), zTXt (the same, compressed) and iTXt (UTF-8, perhaps compressed).
 * Source: W3C, PNG Specification, 3rd edition, §11.3.3.
 */
import { unzlibSync } from 'fflate';
import { check } from '../core/errors.ts';
import { pngChunks, type PngChunk } from './png-chunks.ts';

/** No text of a picture is taken to be longer, unpacked. */
const MAX_TEXT_BYTES = 2 ** 24;

const isLatin1 = (text: string): boolean => [...text].every((c) => c.codePointAt(0)! < 256);
const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
};

/**
 * A chunk for `keyword: text`: tEXt where the text is Latin-1, else iTXt.
 * Throws unless the keyword is 1 to 79 printable Latin-1 characters without spaces at its ends, and the text is free of NUL.
 */
export function textChunk(keyword: string, text: string): PngChunk {
  check(/^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword) && keyword.trim() === keyword, 'png text', `keyword must be 1 to 79 printable Latin-1 characters, got ${JSON.stringify(keyword)}`);
  check(!text.includes('\0'), 'png text', `the text of ${JSON.stringify(keyword)} must not contain NUL`);
  const key = Uint8Array.from(keyword, (c) => c.charCodeAt(0));
  if (isLatin1(text)) return { type: 'tEXt', data: Uint8Array.from([...key, 0, ...Array.from(text, (c) => c.charCodeAt(0))]) };
  // After the keyword: NUL, compression flag 0, method 0, empty language tag and NUL, empty translated keyword and NUL.
  const body = new TextEncoder().encode(text);
  const data = new Uint8Array(key.length + 5 + body.length);
  data.set(key);
  data.set(body, key.length + 5);
  return { type: 'iTXt', data };
}

function unpack(data: Uint8Array, where: string): Uint8Array {
  const room = new Uint8Array(Math.min(MAX_TEXT_BYTES, data.length * 1032 + 64) + 1);
  let text: Uint8Array;
  try {
    text = unzlibSync(data, { out: room });
  } catch (error) {
    check(false, where, `compressed text is damaged (${(error as Error).message})`);
  }
  check(text.length < room.length, where, `compressed text is longer than ${MAX_TEXT_BYTES} bytes`);
  return text;
}

/** Keyword and text of a text chunk; undefined for every other chunk. */
export function textOfChunk({ type, data }: PngChunk, where: string): readonly [keyword: string, text: string] | undefined {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return undefined;
  const until = (from: number): number => {
    const end = data.indexOf(0, from);
    check(end >= 0, where, `a ${type} chunk lacks the zero byte after its ${from ? 'language' : 'keyword'}; the file is damaged`);
    return end;
  };
  const end = until(0);
  const keyword = latin1(data.subarray(0, end));
  if (type === 'tEXt') return [keyword, latin1(data.subarray(end + 1))];
  if (type === 'zTXt') return [keyword, latin1(unpack(data.subarray(end + 2), where))];
  const body = data.subarray(until(until(end + 3) + 1) + 1);
  return [keyword, new TextDecoder().decode(data[end + 1] === 1 ? unpack(body, where) : body)];
}

/**
 * All texts of a PNG file by keyword, without decoding its pixels; of a repeated keyword the last.
 * @throws NoisetteError as {@link pngChunks}.
 */
export function readPngText(bytes: Uint8Array, where = 'png'): Map<string, string> {
  const texts = new Map<string, string>();
  for (const chunk of pngChunks(bytes, where)) {
    const text = textOfChunk(chunk, where);
    if (text) texts.set(...text);
  }
  return texts;
}
