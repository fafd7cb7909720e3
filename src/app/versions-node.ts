/** What the last bits of a run depend on, recorded in its checkpoints. */
import { createRequire } from 'node:module';
import { machineVersions } from '../train/checkpoint-node.ts';

const versionOf = (name: string): string => {
  try {
    return (createRequire(import.meta.url)(name) as { version: string }).version;
  } catch {
    return 'unknown';
  }
};

export const noisetteVersion = (): string => versionOf('../../package.json');

export const runVersions = (device: string): Record<string, string> => ({
  noisette: noisetteVersion(),
  onnxruntime: versionOf('onnxruntime-node/package.json'),
  device,
  ...machineVersions(),
});
