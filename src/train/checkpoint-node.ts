/** Checkpoints in a folder of the file system, and the versions that a run depends on there. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers, writeFileAtomic } from '../formats/atomic-file-node.ts';
import type { CheckpointStore } from './checkpoint.ts';

export interface FolderStoreOptions {
  /**
   * Told, and awaited, as a file comes to be: its temporary file is open, a piece is about to be written, all are written (but not yet forced to
   * the disk), it has its name. Between the first and the last a kill must leave what was there before.
   */
  readonly observe?: (moment: 'opened' | 'piece' | 'written' | 'renamed', name: string) => void | Promise<void>;
}

/** A single read call is kept below this: `readFile` refuses files above 2 GiB, and so does the kernel in one call. */
const MAX_READ_BYTES = 2 ** 28;

async function readAll(file: FileHandle): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array((await file.stat()).size);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, MAX_READ_BYTES));
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

/** The store in `folder`, which is made if absent; temporary files of killed processes in it are deleted. */
export async function folderStore(folder: string, { observe }: FolderStoreOptions = {}): Promise<CheckpointStore> {
  await mkdir(folder, { recursive: true });
  await removeLeftovers(folder);
  return {
    list: async () => (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name),
    async read(name) {
      let file: FileHandle;
      try {
        file = await open(join(folder, name), 'r');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      try {
        return await readAll(file);
      } finally {
        await file.close();
      }
    },
    async write(name, chunks) {
      async function* pieces(): AsyncGenerator<Uint8Array> {
        await observe?.('opened', name);
        for (const chunk of chunks) {
          await observe?.('piece', name);
          yield chunk;
        }
        await observe?.('written', name);
      }
      await writeFileAtomic(join(folder, name), pieces());
      await observe?.('renamed', name);
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    async sha256(chunks) {
      const hash = createHash('sha256');
      for (const chunk of chunks) hash.update(chunk);
      return hash.digest('hex');
    },
  };
}

/** What else, besides the programs' own versions, the last bits of a run depend on. */
export const machineVersions = (): Record<string, string> => ({
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  threads: String(availableParallelism()),
});
