/** safetensors files on disk: the header is checked against the file's size before the weights are read, in one piece, without a copy. */
import { open, type FileHandle } from 'node:fs/promises';
import { writeFileAtomic } from './atomic-file-node.ts';
import { parseSafetensorsHeader, safetensorsHeaderSize, type SafetensorsHeader } from './safetensors-header.ts';
import { readSafetensors, safetensorsChunks, type NamedArray, type SafetensorsFile } from './safetensors.ts';
import { check } from '../core/errors.ts';

/** A single read call is kept below this: the kernel gives at most 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 28;

async function readAt(file: FileHandle, target: Uint8Array, position: number, where: string): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await file.read(target, at, Math.min(target.length - at, MAX_READ_BYTES), position + at);
    check(bytesRead > 0, where, `offset ${position + at}: the file ended while it was read`);
    at += bytesRead;
  }
}

async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => check(false, path, `cannot be opened (${error.code})`));
  try {
    return await use(file!, (await file!.stat()).size);
  } finally {
    await file!.close();
  }
}

async function header(file: FileHandle, size: number, path: string): Promise<SafetensorsHeader> {
  const start = new Uint8Array(Math.min(8, size));
  await readAt(file, start, 0, path);
  const prefix = new Uint8Array(safetensorsHeaderSize(start, size, path));
  await readAt(file, prefix, 0, path);
  return parseSafetensorsHeader(prefix, size, path);
}

/** Names, shapes, dtypes and metadata of a file, whatever its size; the weights are not read. Errors name the path. */
export const inspectSafetensors = (path: string): Promise<SafetensorsHeader> => withFile(path, (file, size) => header(file, size, path));

/** Reads a whole file into memory once; its tensors are views. Errors name the path. */
export const loadSafetensors = (path: string): Promise<SafetensorsFile> =>
  withFile(path, async (file, size) => {
    await header(file, size, path);
    const bytes = new Uint8Array(size);
    await readAt(file, bytes, 0, path);
    return readSafetensors(bytes, path);
  });

/** Writes a file whole or not at all, straight from the memory of the tensors. */
export const saveSafetensors = (path: string, tensors: Iterable<NamedArray>, metadata: Readonly<Record<string, string>> = {}): Promise<void> =>
  writeFileAtomic(path, safetensorsChunks(tensors, metadata));
