/**
 * Files and directories that are whole or absent, whatever kills the process and whenever:
 *
 *   write a temporary sibling → fsync it → rename it over the target → fsync the folder
 *
 * rename(2) replaces its target atomically within one file system; without the first fsync a power cut may leave a renamed but empty
 * file, without the second the rename itself may be lost (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import { check } from '../core/errors.ts';

/** A single write call is kept below this: the kernel takes at most 2 GiB at once. */
const MAX_WRITE_BYTES = 2 ** 28;

/** `.name.PID-THREAD-RANDOM.partial`: a killed process's leftovers can be told from a living one's work in progress. */
const TEMPORARY = /^\..+\.(\d+)-(\d+)-[0-9a-f]{8}\.partial$/;
const temporaryFor = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}-${threadId}-${randomUUID().slice(0, 8)}.partial`);

/** This thread's temporaries now being written: a restarted container gets the same process id again, so the id alone does not tell. */
const inProgress = new Set<string>();

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, at, Math.min(chunk.length - at, MAX_WRITE_BYTES));
    at += bytesWritten;
  }
}

/** Forces a folder's entries to the disk. Windows cannot open folders and does not need it: there this does nothing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a file is written from: bytes, a string (UTF-8), or pieces in order, each written as it comes. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes `path` whole or not at all; an existing file is replaced in one step, and stays as it was if anything fails (a failing
 * piece, a full disk), in which case the error is passed on and nothing is left behind. Resolves when the file is on the disk.
 * The folder must exist.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryFor(target);
  inProgress.add(temporary);
  try {
    const file = await open(temporary, 'wx');
    try {
      if (typeof content === 'string') await writeAll(file, new TextEncoder().encode(content));
      else if (content instanceof Uint8Array) await writeAll(file, content);
      else for await (const chunk of content) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    // The system names the temporary file, or nothing (a full disk): name what was to be written.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) (error as NodeJS.ErrnoException).path = path;
    throw error;
  } finally {
    inProgress.delete(temporary);
  }
  await syncFolder(dirname(target));
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  }
  await syncFolder(folder);
}

/**
 * Makes the directory `path` whole or not at all: `fill` writes into a temporary sibling, which is then forced to the disk and renamed.
 * `path` must not exist: a directory cannot be replaced in one step, so give each a new name and point to it with an atomically
 * written file.
 */
export async function writeDirectoryAtomic(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  const exists = await lstat(target).then(() => true, () => false);
  check(!exists, 'writeDirectoryAtomic', `${path} exists already; a directory cannot be replaced in one step, so choose a new name`);
  const temporary = temporaryFor(target);
  inProgress.add(temporary);
  try {
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  } finally {
    inProgress.delete(temporary);
  }
  await syncFolder(dirname(target));
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * The temporary files and directories that killed processes left in `folder`; what living processes are writing is not among them.
 * Names only, relative to the folder.
 */
export async function listLeftovers(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => {
    const match = TEMPORARY.exec(name);
    if (!match) return false;
    const isOwn = Number(match[1]) === process.pid && Number(match[2]) === threadId;
    return isOwn ? !inProgress.has(join(resolve(folder), name)) : !isAlive(Number(match[1]));
  });
}

/** Deletes what {@link listLeftovers} finds; returns the names. Call it when a run is opened. */
export async function removeLeftovers(folder: string): Promise<string[]> {
  const names = await listLeftovers(folder);
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  return names;
}
