/**
 * One process at a time in the folder of a run. Each makes a lock file of its own first and looks for others second, so of two that come at once at least
 * one sees the other; a lock whose process has ended is passed over and deleted.
 *
 * A process is known by its number and the moment it started (numbers are given out again, in a restarted container at once). Of a process on another machine,
 * which may share the folder, only its sign of life is seen: it touches its lock every 20 seconds.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { check } from '../core/errors.ts';
import { writeFileAtomic } from '../formats/atomic-file-node.ts';

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own measure; null where that cannot be known. */
  readonly started: string | null;
  /** When it took the lock. */
  readonly since: string;
}

export interface RunLock {
  release(): Promise<void>;
}

const LOCK_NAME = /^run-[0-9a-f]{8}\.lock$/;
export const isLockName = (name: string): boolean => LOCK_NAME.test(name);

const TOUCH_SECONDS = 20;
const FOREIGN_STALE_SECONDS = 600;

/** Linux: the 22nd field of the process's status, after its name, which may have spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function isAlive({ pid, host, started }: LockHolder, path: string): Promise<boolean> {
  if (host !== hostname()) {
    const touched = await stat(path).then(({ mtimeMs }) => mtimeMs, () => 0);
    return Date.now() - touched < FOREIGN_STALE_SECONDS * 1000;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === null || started === (await startOf(pid));
}

/** The living processes that hold a lock on `folder`, by the name of the lock; locks of dead ones are deleted on the way. */
async function holders(folder: string): Promise<Map<string, LockHolder>> {
  const living = new Map<string, LockHolder>();
  for (const name of (await readdir(folder).catch(() => [])).filter(isLockName)) {
    const path = join(folder, name);
    let holder: LockHolder;
    try {
      holder = JSON.parse(await readFile(path, 'utf8')) as LockHolder;
    } catch (error) {
      // Locks are written whole: one that is no JSON was not written by us.
      if (error instanceof SyntaxError) await rm(path, { force: true });
      continue;
    }
    if (await isAlive(holder, path)) living.set(name, holder);
    else await rm(path, { force: true });
  }
  return living;
}

/** Who is training in `folder` now; undefined when nobody is. */
export const lockHolder = async (folder: string): Promise<LockHolder | undefined> => [...(await holders(folder)).values()][0];

export const showHolder = ({ pid, host, since }: LockHolder): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`} (since ${since.slice(0, 19).replace('T', ' ')} UTC)`;

/** Takes the lock on a folder that exists. Throws when a living process has it. */
export async function lockFolder(folder: string): Promise<RunLock> {
  const name = `run-${randomUUID().slice(0, 8)}.lock`;
  const path = join(folder, name);
  const holder: LockHolder = { pid: process.pid, host: hostname(), started: await startOf(process.pid), since: new Date().toISOString() };
  await writeFileAtomic(path, `${JSON.stringify(holder)}\n`);
  const others = await holders(folder);
  others.delete(name);
  const [other] = others.entries();
  if (other) {
    await rm(path, { force: true });
    const [file, who] = other;
    check(false, 'run', `${showHolder(who)} is training in ${folder}; wait for it, stop it, or choose another folder${who.host === hostname() ? '' : ` (if that machine is gone, delete ${file})`}`);
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, TOUCH_SECONDS * 1000);
  touching.unref();
  return {
    async release() {
      clearInterval(touching);
      await rm(path, { force: true });
    },
  };
}
