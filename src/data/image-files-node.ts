/**
 * The image files of a folder, classes by subfolder:
 *
 *   folder/cat/a.png, folder/cat/more/b.jpg → class "cat";  files directly in the folder, where there are no subfolders → no classes
 *
 * Files are known by their ending (.png .jpg .jpeg .webp, any case); hidden files and folders (a leading dot) and `__MACOSX` are passed
 * over. Symbolic links are followed, save into a folder that contains the link. The order is that of the paths' UTF-16 code units,
 * folders compared name by name: the same on every machine, whatever its language.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../core/errors.ts';

const ENDINGS = /\.(png|jpe?g|webp)$/i;
const isPassedOver = (name: string): boolean => name.startsWith('.') || name === '__MACOSX';

export interface ImageFiles {
  /** Paths below the folder, with forward slashes, in order. */
  readonly files: readonly string[];
  /** Class of each file; absent when there are no classes. */
  readonly labels?: Uint32Array;
  /** Names of the subfolders with images, in order; absent when there are no classes. */
  readonly classNames?: readonly string[];
  /** Files that are no images by their ending. */
  readonly otherFiles: number;
}

async function walk(folder: string, prefix: string, ancestors: readonly string[], found: string[], others: { count: number }): Promise<void> {
  const real = await realpath(folder);
  if (ancestors.includes(real)) return; // a link to a folder above: a loop
  const below = [...ancestors, real];
  for (const name of (await readdir(folder)).sort()) {
    if (isPassedOver(name)) continue;
    const path = join(folder, name);
    // A dangling link has no target to ask: it counts as a file, and fails when it is opened, by name.
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory()) await walk(path, `${prefix}${name}/`, below, found, others);
    else if (ENDINGS.test(name) && (!info || info.isFile())) found.push(prefix + name);
    else others.count++;
  }
}

/**
 * Lists the image files of a folder.
 * @throws NoisetteError when the folder cannot be read, holds no images, or has images both in subfolders and beside them.
 */
export async function listImageFiles(folder: string): Promise<ImageFiles> {
  const where = 'image folder';
  const info = await stat(folder).catch((error: NodeJS.ErrnoException) => check(false, where, `cannot read ${folder} (${error.code})`));
  check(info?.isDirectory(), where, `${folder} is a file; give the folder that holds the images`);
  const found: string[] = [];
  const others = { count: 0 };
  await walk(folder, '', [], found, others);
  check(found.length > 0, where, `${folder} holds no .png, .jpg, .jpeg or .webp files (${others.count} others); images may lie in it or in one subfolder a class`);
  // Folder by folder: "a/z" comes before "a-b/a", which comparing whole paths would not give.
  const parts = found.map((path) => path.split('/'));
  const order = parts.map((_, i) => i).sort((i, j) => {
    for (let k = 0; k < Math.min(parts[i].length, parts[j].length); k++) {
      if (parts[i][k] !== parts[j][k]) return parts[i][k] < parts[j][k] ? -1 : 1;
    }
    return parts[i].length - parts[j].length;
  });
  const files = order.map((i) => found[i]);
  const loose = files.filter((path) => !path.includes('/'));
  if (loose.length === files.length) return { files, otherFiles: others.count };
  check(loose.length === 0, where, () => `${folder} has ${loose.length} images beside its subfolders (${loose[0]}); move them into a subfolder, one for each class`);
  const classOf = (path: string): string => path.slice(0, path.indexOf('/'));
  const classNames = [...new Set(files.map(classOf))];
  const position = new Map(classNames.map((name, i) => [name, i]));
  return { files, labels: Uint32Array.from(files, (path) => position.get(classOf(path))!), classNames, otherFiles: others.count };
}
