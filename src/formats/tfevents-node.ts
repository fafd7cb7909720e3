/** An event file that is appended to on disk, and continued after a kill or a resumed run. The format is in `tfevents.ts`. */
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { versionEvent, wholeEvents } from './tfevents.ts';

export interface EventWriter {
  readonly path: string;
  /** Appends one record made by `scalarEvent` or `imageEvent`. Records come out in the order of the calls. */
  write(record: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const fileName = (wallTime: number, number: number): string => `events.out.tfevents.${Math.floor(wallTime)}.noisette${number ? `.${number}` : ''}`;

/**
 * Opens the event file of a folder, making both if need be. An existing one is continued: a torn record at its end, and events of
 * steps beyond `throughStep` (the step of the checkpoint that is resumed), are cut off.
 * @param wallTime seconds since 1970, for a new file's name and first record.
 */
export async function openEvents(folder: string, { throughStep = Infinity, wallTime = Date.now() / 1000 }: { throughStep?: number; wallTime?: number } = {}): Promise<EventWriter> {
  await mkdir(folder, { recursive: true });
  const existing = (await readdir(folder)).filter((name) => name.startsWith('events.out.tfevents.')).sort();
  let path = join(folder, existing.at(-1) ?? fileName(wallTime, 0));
  const bytes = existing.length ? new Uint8Array(await readFile(path)) : new Uint8Array(0);
  const keep = wholeEvents(bytes, { throughStep }, path);
  // Nothing whole at the start, yet more than a torn first record: damage, not a kill. It is left as it is, beside a new file.
  if (keep === 0 && bytes.length >= versionEvent(wallTime).length) path = join(folder, fileName(wallTime, existing.length));
  const file = await open(path, 'a');
  try {
    await file.truncate(keep);
    if (keep === 0) await file.appendFile(versionEvent(wallTime));
  } catch (error) {
    await file.close();
    throw error;
  }
  let last: Promise<void> = Promise.resolve();
  return {
    path,
    write(record) {
      // One append after another, whether or not the caller waits; a failed one does not stop those after it.
      last = last.catch(() => {}).then(() => file.appendFile(record));
      return last;
    },
    async close() {
      await last.finally(() => file.close());
    },
  };
}
