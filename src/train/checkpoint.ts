/**
 * Saving and finding checkpoints so that no kill, at whatever moment, leaves a run without its last whole one:
 *
 *   1. step-<step>-<hash>.safetensors is written whole (temporary file, fsync, rename) under a name never used before;
 *   2. latest.json, which lists the kept checkpoints with their SHA-256, newest first, is replaced in one step;
 *   3. only then are checkpoints that the list no longer names deleted.
 *
 * Loading believes the list alone and verifies size and SHA-256; a damaged file is reported, and the one before it taken.
 */
import { check } from '../core/errors.ts';
import { encodeCheckpoint, openCheckpoint, type CheckpointFile, type RunDescription, type RunState } from './checkpoint-file.ts';

/** Where checkpoints live. Names are plain file names. */
export interface CheckpointStore {
  /** The names there are. */
  list(): Promise<string[]>;
  /** Whole content, undefined if absent. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Makes or replaces `name` whole or not at all; resolves when it would survive a power cut. */
  write(name: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(name: string): Promise<void>;
  /** SHA-256 of the chunks' concatenation, in hexadecimal. */
  sha256(chunks: readonly Uint8Array[]): Promise<string>;
}

/** One kept checkpoint. */
export interface CheckpointEntry {
  readonly file: string;
  readonly step: number;
  readonly bytes: number;
  readonly sha256: string;
}

export const POINTER = 'latest.json';
const CHECKPOINT_NAME = /^step-\d+-[0-9a-f]{12}\.safetensors$/;

const concatenated = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
};

/** SHA-256 through the Web Crypto API, in every browser (secure context) and in Node. */
export async function webSha256(chunks: readonly Uint8Array[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', concatenated(chunks));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A store in memory: for pages without files, and for trying things. */
export function memoryStore(): CheckpointStore {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)?.slice(),
    write: async (name, chunks) => void files.set(name, concatenated(chunks)),
    remove: async (name) => void files.delete(name),
    sha256: webSha256,
  };
}

const isEntry = (value: unknown): value is CheckpointEntry => {
  const entry = value as Partial<CheckpointEntry> | null;
  return typeof entry === 'object' && entry !== null && CHECKPOINT_NAME.test(String(entry.file)) && Number.isInteger(entry.step) && Number.isInteger(entry.bytes) && /^[0-9a-f]{64}$/.test(String(entry.sha256));
};

/** The kept checkpoints, newest first; empty when nothing was saved yet. Throws when the list itself is damaged. */
export async function listCheckpoints(store: CheckpointStore): Promise<CheckpointEntry[]> {
  const bytes = await store.read(POINTER);
  if (!bytes) return [];
  let list: unknown;
  try {
    list = (JSON.parse(new TextDecoder().decode(bytes)) as { checkpoints?: unknown }).checkpoints;
  } catch {
    list = undefined;
  }
  check(Array.isArray(list) && list.every(isEntry), POINTER, 'is damaged: it must hold { "checkpoints": [{ file, step, bytes, sha256 }] }. It is replaced in one step, so something else wrote it; delete it to start over');
  return list;
}

/**
 * Saves a checkpoint and makes it the newest. Listed ones at or after its step (of a course that was left when an older one was resumed) and
 * those beyond `keep` are deleted, as are whole files that no list names. Returns its entry.
 */
export async function saveCheckpoint(store: CheckpointStore, state: RunState, description: RunDescription, keep = 2): Promise<CheckpointEntry> {
  check(Number.isInteger(keep) && keep >= 1, 'saveCheckpoint', `keep must be a whole number from 1, got ${keep}`);
  const before = await listCheckpoints(store);
  const chunks = encodeCheckpoint(state, description);
  const sha256 = await store.sha256(chunks);
  // The hash in the name makes names unique by content: a listed file is never written over by another.
  const file = `step-${String(state.step).padStart(8, '0')}-${sha256.slice(0, 12)}.safetensors`;
  const entry: CheckpointEntry = { file, step: state.step, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), sha256 };
  await store.write(file, chunks);
  const checkpoints = [entry, ...before.filter((other) => other.step < state.step)].slice(0, keep);
  await store.write(POINTER, [new TextEncoder().encode(`${JSON.stringify({ checkpoints }, null, 2)}\n`)]);
  const kept = new Set(checkpoints.map((other) => other.file));
  for (const name of await store.list()) if (CHECKPOINT_NAME.test(name) && !kept.has(name)) await store.remove(name);
  return entry;
}

export interface FoundCheckpoint {
  readonly entry: CheckpointEntry;
  readonly file: CheckpointFile;
  /** Newer checkpoints that could not be used, with the reason, in words. */
  readonly warnings: readonly string[];
}

/** The newest checkpoint whose size and SHA-256 are right; undefined when none was ever saved. Throws when all are damaged. */
export async function newestCheckpoint(store: CheckpointStore): Promise<FoundCheckpoint | undefined> {
  const entries = await listCheckpoints(store);
  if (entries.length === 0) return undefined;
  const warnings: string[] = [];
  for (const entry of entries) {
    const bytes = await store.read(entry.file);
    if (!bytes) warnings.push(`${entry.file} is missing`);
    else if (bytes.length !== entry.bytes) warnings.push(`${entry.file} has ${bytes.length} bytes, not ${entry.bytes}`);
    else if ((await store.sha256([bytes])) !== entry.sha256) warnings.push(`${entry.file} does not have the SHA-256 it was saved with`);
    else return { entry, file: openCheckpoint(bytes, entry.file), warnings };
  }
  check(false, 'newestCheckpoint', `no checkpoint is whole: ${warnings.join('; ')}. Delete ${POINTER} to start over`);
}
