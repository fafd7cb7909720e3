/** Paths to be written are looked at before the work, not after it; what the system says against them is said in words. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NoisetteError } from '../core/errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'it exists already',
  EACCES: 'permission is denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links lead in a circle',
};

/** Why the file system refused: words with the system's code, or the message of another error. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${code})` : code;
}

/** Makes a folder and those above it where they are absent; tells whether it made the last one. Throws when it cannot, or may not write there. */
export async function ensureFolder(path: string, where: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isDirectory()) throw new NoisetteError(`${where}: ${path} is a file, where a folder is needed; choose another`);
  if (found) {
    await access(path, constants.W_OK).catch((error: unknown) => {
      throw new NoisetteError(`${where}: cannot write in the folder ${path}: ${whyNot(error)}`);
    });
    return false;
  }
  // Step by step: mkdir's own `recursive` never ends where a folder cannot be made although those above it exist, as in /proc.
  const above = dirname(path);
  if (above !== path) await ensureFolder(above, where);
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return ensureFolder(path, where);
    throw new NoisetteError(`${where}: cannot make the folder ${path}: ${whyNot(error)}`);
  }
}

/** Makes sure that a file can be written at `path`, its folder made where absent. Throws when it is a folder, or its folder takes no files. */
export async function ensureFilePlace(path: string, where: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new NoisetteError(`${where}: ${path} is a folder; give the path of a file`);
  await ensureFolder(dirname(path), where);
}
