/** A folder of MNIST's four files, under their usual names, with or without `.gz` → a dataset. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, oneOf } from '../core/errors.ts';
import type { Dataset } from './dataset.ts';
import { MNIST_FILES, mnistFromIdx, type MnistOptions, type MnistPart } from './mnist.ts';

/**
 * Reads one part of an MNIST folder.
 * @throws NoisetteError naming the folder, the names looked for and what is there instead; and as {@link mnistFromIdx}.
 */
export async function loadMnist(folder: string, part: MnistPart = 'train', options: MnistOptions = {}): Promise<Dataset> {
  const files = oneOf('MNIST part', MNIST_FILES, part);
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    check(false, 'loadMnist', `cannot read the folder ${folder} (${error.code}); give the folder that holds ${files.images[0]}`);
  });
  const find = (names: readonly string[]): string => {
    const found = names.flatMap((name) => [name, `${name}.gz`]).find((name) => present.includes(name));
    check(found, 'loadMnist', () => {
      const some = present.slice(0, 6).join(', ');
      return `${folder} has no ${names[0]} (nor ${names.slice(1).join(', ')}, nor either with .gz); it holds ${some || 'nothing'}${present.length > 6 ? ', …' : ''}`;
    });
    return join(folder, found);
  };
  const images = find(files.images);
  const labels = find(files.labels);
  const read = async (path: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(path));
  return mnistFromIdx(await read(images), await read(labels), options, { images, labels });
}
