/** Programs by key, the least recently used disposed first, so that no session is made twice for the same shapes. */
import { check } from '../core/errors.ts';
import type { Program } from './program.ts';

export interface ProgramCache {
  readonly size: number;
  /**
   * The program of `key`, made on first use; two calls at once share one. Ask again before each use instead of keeping the program: another key may have
   * displaced it, which disposes it after the runs it has started. A `make` that fails is not remembered.
   */
  get(key: string, make: () => Promise<Program>): Promise<Program>;
  /** Disposes everything in it; it may be filled again. */
  dispose(): Promise<void>;
}

/** Holds at most `limit` programs. */
export function createProgramCache(limit: number): ProgramCache {
  check(Number.isInteger(limit) && limit >= 1, 'createProgramCache', () => `limit must be a positive integer but is ${limit}`);
  /** In order of last use. */
  const entries = new Map<string, Promise<Program>>();
  const discard = async (entry: Promise<Program>): Promise<void> => {
    const program = await entry.catch(() => undefined);
    await program?.dispose();
  };
  return {
    get size() { return entries.size; },
    async get(key, make) {
      const known = entries.get(key);
      if (known) {
        entries.delete(key);
        entries.set(key, known);
        return known;
      }
      // Make room first: two large programs at once may not fit in memory.
      while (entries.size >= limit) {
        const [oldest, entry] = entries.entries().next().value as [string, Promise<Program>];
        entries.delete(oldest);
        await discard(entry);
        if (entries.has(key)) return this.get(key, make);
      }
      const entry = make();
      entries.set(key, entry);
      entry.catch(() => { if (entries.get(key) === entry) entries.delete(key); });
      return entry;
    },
    async dispose() {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(all.map(discard));
    },
  };
}
