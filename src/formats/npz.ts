/** NPZ: a zip archive of NPY files, one array each, as `numpy.savez` and `savez_compressed` write them. Source: numpy.lib.format. */
import { readNpy, writeNpy, type NpyArray } from './npy.ts';
import { readZip, writeZip } from './zip.ts';

/**
 * Reads the arrays of an NPZ file by name (without `.npy`); other members are passed over.
 * @throws NoisetteError naming `where` and the member, as `readZip` and `readNpy`.
 */
export function readNpz(bytes: Uint8Array<ArrayBuffer>, where = 'npz'): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const { name, read } of readZip(bytes, where).values()) {
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), readNpy(read(), `${where}: ${name}`));
  }
  return arrays;
}

/** Writes arrays as an NPZ file, the same bytes for the same arrays. @param options `compress`: as savez_compressed does; default: stored. */
export function writeNpz(arrays: Readonly<Record<string, Pick<NpyArray, 'data' | 'shape'>>>, options: { compress?: boolean } = {}): Uint8Array<ArrayBuffer> {
  return writeZip(Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [`${name}.npy`, writeNpy(data, shape)])), options);
}
