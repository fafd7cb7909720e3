import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listLeftovers, removeLeftovers, writeDirectoryAtomic, writeFileAtomic } from './atomic-file-node.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'noisette-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes bytes, text and pieces, replacing what was there', async () => {
  const path = join(folder, 'a.bin');
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  await writeFileAtomic(path, 'naïve');
  expect(readFileSync(path, 'utf8')).toBe('naïve');
  await writeFileAtomic(path, [Uint8Array.of(9), new Uint8Array(0), Uint8Array.of(8, 7)]);
  expect([...readFileSync(path)]).toEqual([9, 8, 7]);
  await writeFileAtomic(path, (async function* () { yield Uint8Array.of(5); yield Uint8Array.of(6); })());
  expect([...readFileSync(path)]).toEqual([5, 6]);
  expect(readdirSync(folder)).toEqual(['a.bin']);
});

it('leaves the old file and nothing else when a piece fails', async () => {
  const path = join(folder, 'a.bin');
  await writeFileAtomic(path, 'old');
  const failing = function* (): Generator<Uint8Array> {
    yield new Uint8Array(1000);
    throw new Error('out of pieces');
  };
  await expect(writeFileAtomic(path, failing())).rejects.toThrow('out of pieces');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a.bin']);
  await expect(writeFileAtomic(join(folder, 'absent', 'b'), 'x')).rejects.toThrow(/ENOENT/);
});

it('concurrent writers of one path: one of them wins whole', async () => {
  const path = join(folder, 'a.bin');
  await Promise.all(Array.from({ length: 8 }, (_, i) => writeFileAtomic(path, new Uint8Array(5000).fill(i))));
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(5000);
  expect(bytes.every((b) => b === bytes[0])).toBe(true);
  expect(readdirSync(folder)).toEqual(['a.bin']);
});

it('makes a directory whole or not at all', async () => {
  const path = join(folder, 'step-1');
  await writeDirectoryAtomic(path, async (inside) => {
    mkdirSync(join(inside, 'sub'));
    writeFileSync(join(inside, 'sub', 'x'), 'x');
    expect(existsSync(path)).toBe(false);
  });
  expect(readFileSync(join(path, 'sub', 'x'), 'utf8')).toBe('x');
  await expect(writeDirectoryAtomic(path, async () => {})).rejects.toThrow(/exists already/);
  await expect(writeDirectoryAtomic(join(folder, 'step-2'), async () => { throw new Error('no'); })).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual(['step-1']);
});

it('a process killed in the middle leaves the old file, and its leftover is found and removed', async () => {
  const path = join(folder, 'a.bin');
  await writeFileAtomic(path, 'old');
  // Node 20 cannot run TypeScript, so the child gets the file transformed by vite, which vitest brings along.
  const { transformWithOxc } = await import('vite');
  const source = readFileSync(new URL('./atomic-file-node.ts', import.meta.url), 'utf8').replace("import { check } from '../core/errors.ts';", 'const check = () => {};');
  writeFileSync(join(folder, 'atomic.mjs'), (await transformWithOxc(source, 'atomic.ts')).code);
  const script = `import { writeFileAtomic } from './atomic.mjs';
    await writeFileAtomic('a.bin', (async function* () {
      yield new Uint8Array(100_000); console.log('half'); await new Promise((r) => setTimeout(r, 60_000)); })());`;
  writeFileSync(join(folder, 'writer.mjs'), script);
  const child: ChildProcess = spawn(process.execPath, ['writer.mjs'], { cwd: folder });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the writer ended early with ${code}`)));
  });
  expect(await listLeftovers(folder)).toEqual([]);
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.removeAllListeners('exit');
  child.kill('SIGKILL');
  await gone;
  expect(readFileSync(path, 'utf8')).toBe('old');
  const leftovers = await listLeftovers(folder);
  expect(leftovers).toHaveLength(1);
  expect(await removeLeftovers(folder)).toEqual(leftovers);
  expect(readdirSync(folder).sort()).toEqual(['a.bin', 'atomic.mjs', 'writer.mjs']);
});
