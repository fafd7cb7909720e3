import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLockName, lockFolder, lockHolder, type LockHolder } from './run-lock-node.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'noisette-lock-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const locks = (): string[] => readdirSync(folder).filter(isLockName);
const put = (holder: Partial<LockHolder>, name = 'run-00000001.lock'): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), started: null, since: '2026-01-02T03:04:05.678Z', ...holder }));
  return path;
};

describe('lock of a run\'s folder', () => {
  it('is had by one at a time, and can be had again', async () => {
    const lock = await lockFolder(folder);
    expect(await lockHolder(folder)).toMatchObject({ pid: process.pid, host: hostname() });
    await expect(lockFolder(folder)).rejects.toThrow(new RegExp(`^run: process ${process.pid} \\(since .* UTC\\) is training in .*; wait for it, stop it, or choose another folder$`));
    expect(locks()).toHaveLength(1);
    await lock.release();
    expect(locks()).toEqual([]);
    await (await lockFolder(folder)).release();
  });

  it('is never had by two that come at once', async () => {
    for (let round = 0; round < 10; round++) {
      const taken = (await Promise.allSettled(Array.from({ length: 4 }, () => lockFolder(folder)))).filter((result) => result.status === 'fulfilled');
      expect(taken.length).toBeLessThanOrEqual(1);
      for (const { value } of taken) await value.release();
      expect(locks()).toEqual([]);
    }
  });

  it('passes over a process that has ended, and deletes its lock', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    const path = put({ pid: child.pid! });
    const lock = await lockFolder(folder);
    expect(readdirSync(folder)).not.toContain(path.slice(folder.length + 1));
    await lock.release();
  });

  it.runIf(process.platform === 'linux')('passes over a lock whose process number was given to another since', async () => {
    put({ started: '1' });
    await (await lockFolder(folder)).release();
    const mine = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
    put({ started: mine });
    await expect(lockFolder(folder)).rejects.toThrow('is training in');
  });

  it('believes another machine for ten minutes after its last sign of life', async () => {
    const path = put({ host: 'elsewhere', pid: 1 });
    await expect(lockFolder(folder)).rejects.toThrow(/process 1 on elsewhere \(since 2026-01-02 03:04:05 UTC\) .*\(if that machine is gone, delete run-00000001\.lock\)/);
    const past = new Date(Date.now() - 601_000);
    utimesSync(path, past, past);
    await (await lockFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('deletes a lock that is no JSON', async () => {
    writeFileSync(join(folder, 'run-00000002.lock'), '');
    await (await lockFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
