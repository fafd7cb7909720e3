/**
 * Golden values computed by other programs. They lie beside the repository (`../shared/golden`), not in it; tests that need them skip,
 * and say so, where the folder is absent.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readSafetensors, type SafetensorsFile } from '../../src/formats/safetensors.ts';

const ROOT = fileURLToPath(new URL('../../../shared/golden/', import.meta.url));

/** Whether the folder of a part is there; if not, says so on the console. */
export function hasGolden(part: string): boolean {
  const present = existsSync(`${ROOT}${part}/manifest.json`);
  if (!present) console.warn(`SKIPPED: golden values "${part}" are not in ${ROOT}; tests against other programs do not run`);
  return present;
}

export const goldenJson = <T>(path: string): T => JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8')) as T;

export const goldenTensors = (path: string): SafetensorsFile => readSafetensors(new Uint8Array(readFileSync(`${ROOT}${path}`)), path);
