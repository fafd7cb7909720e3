import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { tensor } from '../core/tensor.ts';
import { inspectSafetensors, loadSafetensors, saveSafetensors } from './safetensors-node.ts';
import { namedArray } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'noisette-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'w.safetensors');

it('saves, inspects and loads; all tensors are views of one buffer', async () => {
  const weights = tensor([2, 3], [1, 2, 3, 4, 5, 6]);
  await saveSafetensors(path, [namedArray('a', weights), namedArray('b', tensor([1]))], { step: '7' });
  const { metadata, entries } = await inspectSafetensors(path);
  expect(metadata.step).toBe('7');
  expect(entries.get('a')).toMatchObject({ dtype: 'F32', shape: [2, 3] });
  const file = await loadSafetensors(path);
  expect(file.float32('a')).toEqual(weights);
  expect(file.float32('a').data.buffer).toBe(file.float32('b').data.buffer);
  expect(readdirSync(folder)).toEqual(['w.safetensors']);
});

it('names the file in errors: absent, cut off, another format', async () => {
  await expect(loadSafetensors(join(folder, 'none'))).rejects.toThrow(/none: cannot be opened \(ENOENT\)/);
  truncateSync(path, 60);
  await expect(loadSafetensors(path)).rejects.toThrow(/w\.safetensors: offset 0: header length \d+ does not fit a file of 60 bytes/);
  truncateSync(path, 3);
  await expect(inspectSafetensors(path)).rejects.toThrow(/w\.safetensors: .*but it has 3 bytes/);
  writeFileSync(path, 'PK and then some more text');
  await expect(inspectSafetensors(path)).rejects.toThrow(/not a safetensors file/);
});
