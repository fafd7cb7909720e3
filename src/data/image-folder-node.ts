/**
 * A folder of images → a dataset. Every file is decoded once, to the size asked for, and kept in memory as bytes:
 * images × channels × height × width of them, which is bounded. How files are found is in `image-files-node.ts`, how each becomes
 * pixels (grey, palette, transparency, 16 bits, CMYK, orientation) in `image-decode-node.ts`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, NoisetteError, oneOf } from '../core/errors.ts';
import type { Dataset } from './dataset.ts';
import { decodeImage, FITS, type DecodeOptions, type Fit } from './image-decode-node.ts';
import { listImageFiles } from './image-files-node.ts';
import { byteDataset } from './stored-dataset.ts';

export interface ImageFolderOptions {
  /** Side of the square images made, or [height, width]. */
  readonly size: number | readonly [height: number, width: number];
  /** 3 (the default): RGB. 1: grey. */
  readonly channels?: 1 | 3;
  /** cover (the default), stretch or crop; see `FITS`. */
  readonly fit?: Fit;
  /** What shows through transparent parts; white by default. */
  readonly background?: readonly [number, number, number];
  /** Files that cannot be decoded: 'refuse' (the default) throws naming them all, 'skip' leaves them out and reports them. */
  readonly unreadable?: 'refuse' | 'skip';
  /** Largest memory for the pixels, in bytes. Default: 2 GiB. */
  readonly maxBytes?: number;
  /** Called after each file. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface UnreadableFile {
  readonly file: string;
  readonly reason: string;
}

export interface ImageFolder {
  readonly dataset: Dataset;
  /** Path below the folder of each example. */
  readonly files: readonly string[];
  /** What was left out, in order. */
  readonly unreadable: readonly UnreadableFile[];
  /** Files that are no images by their ending. */
  readonly otherFiles: number;
}

const UNREADABLE = { refuse: 'refuse', skip: 'skip' } as const;
/** Decoders at work at once: libvips has four threads for them by default. */
const WORKERS = 4;
const NAMED = 10;

/** Names up to ten files, with reasons. */
export function describeUnreadable(unreadable: readonly UnreadableFile[]): string {
  const named = unreadable.slice(0, NAMED).map(({ file, reason }) => `  ${file}: ${reason}`);
  const rest = unreadable.length - named.length;
  return [...named, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join('\n');
}

/**
 * Reads a folder of PNG, JPEG and WebP files.
 * @throws NoisetteError on an unreadable or empty folder, unreadable files (unless skipped), classes or data left empty, and when the
 *   pixels would take more than `maxBytes`; the signal's reason when aborted.
 */
export async function loadImageFolder(folder: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const { size, channels = 3, fit = 'cover', background = [255, 255, 255], unreadable: rule = 'refuse', maxBytes = 2 ** 31, onProgress, signal } = options;
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const where = 'image folder';
  check([height, width].every((d) => Number.isInteger(d) && d > 0), where, `size must be positive integers, got ${height}×${width}`);
  check(channels === 1 || channels === 3, where, `channels must be 1 or 3, got ${channels as number}`);
  check(background.length === 3 && background.every((v) => v >= 0 && v <= 255), where, `background must be three numbers from 0 to 255, got ${background.join(', ')}`);
  oneOf('fit', FITS, fit);
  oneOf('rule for unreadable files', UNREADABLE, rule);

  const { files, labels, classNames, otherFiles } = await listImageFiles(folder);
  const each = channels * height * width;
  check(
    files.length * each <= maxBytes,
    where,
    () => `${files.length} images of ${channels}×${height}×${width} take ${Math.ceil((files.length * each) / 2 ** 20)} MiB, above the bound of ${Math.floor(maxBytes / 2 ** 20)}; choose a smaller size or raise maxBytes`,
  );
  const pixels = new Uint8Array(files.length * each);
  const settings: DecodeOptions = { height, width, channels, fit, background };
  const decode = async (i: number): Promise<void> => pixels.set(await decodeImage(await readFile(join(folder, files[i])), settings), i * each);
  const failed: number[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      signal?.throwIfAborted();
      await decode(i).catch(() => failed.push(i));
      onProgress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));

  // libvips keeps one error text for the whole process, so decoders side by side mix up their reasons: each failure is repeated alone.
  const reasons = new Map<number, string>();
  for (const i of failed.sort((a, b) => a - b)) {
    signal?.throwIfAborted();
    await decode(i).catch((error: Error) => reasons.set(i, error.message.trim().replace(/\s*\n\s*/g, '; ')));
  }

  const unreadable = files.flatMap((file, i) => (reasons.has(i) ? [{ file, reason: reasons.get(i)! }] : []));
  if (unreadable.length && rule === 'refuse') {
    throw new NoisetteError(`${where}: ${unreadable.length} of ${files.length} files in ${folder} cannot be read (repair or remove them, or skip them with unreadable: "skip"):\n${describeUnreadable(unreadable)}`);
  }
  const kept = files.flatMap((_, i) => (reasons.has(i) ? [] : [i]));
  check(kept.length > 0, where, () => `none of the ${files.length} files in ${folder} can be read:\n${describeUnreadable(unreadable)}`);
  kept.forEach((i, position) => {
    if (i !== position) pixels.copyWithin(position * each, i * each, (i + 1) * each);
  });
  const keptLabels = labels && Uint32Array.from(kept, (i) => labels[i]);
  classNames?.forEach((name, c) => check(keptLabels?.includes(c), where, () => `no file of class ${JSON.stringify(name)} can be read:\n${describeUnreadable(unreadable)}`));
  const dataset = byteDataset({ values: pixels.subarray(0, kept.length * each), shape: [channels, height, width], labels: keptLabels, classNames });
  return { dataset, files: kept.map((i) => files[i]), unreadable, otherFiles };
}
