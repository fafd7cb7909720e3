/**
 * The kill test. A run is killed with SIGKILL dozens of times, at random moments of its life and, at least twenty times, between the opening of a checkpoint's
 * file and its renaming; each time it is started again. After each kill no damaged file may stand under its final name; at the end, weights,
 * EMA, moments, counters and metrics must be those of a run that nothing interrupted, to the byte.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createStream } from '../src/core/rng.ts';
import { readSafetensors } from '../src/formats/safetensors.ts';
import { POINTER, type CheckpointEntry } from '../src/train/checkpoint.ts';
import { bundle } from './kill-bundle.ts';
import type { KillArguments } from './kill-child.ts';

const root = mkdtempSync(join(tmpdir(), 'noisette-kill-'));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Life {
  readonly lines: readonly string[];
  readonly killed: boolean;
}

/** Runs the child once; `watch` sees each line as it comes and may kill. Resolves with all it said, once its pipe is drained. */
function live(script: string, args: KillArguments, watch: (line: string, kill: () => void) => void, killAfter?: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(args)], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const kill = (): void => void child.kill('SIGKILL');
    const timer = killAfter === undefined ? undefined : setTimeout(kill, killAfter);
    const lines: string[] = [];
    let rest = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      for (const line of parts) {
        lines.push(line);
        watch(line, kill);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      if (signal !== 'SIGKILL' && code !== 0) reject(new Error(`the run failed with ${signal ?? code}: ${errors}`));
      else resolve({ lines, killed: signal === 'SIGKILL' });
    });
  });
}

/** The file whose window the process died in: opened, and not renamed. */
function openWindow(lines: readonly string[]): string | undefined {
  const last = lines.findLast((line) => line.startsWith('opened ') || line.startsWith('renamed '));
  return last?.startsWith('opened ') ? last.slice('opened '.length) : undefined;
}

/** Everything under a final name is whole; returns the newest checkpoint's step, −1 before the first. */
function inspect(folder: string): number {
  const checkpoints = join(folder, 'checkpoints');
  if (!existsSync(checkpoints)) return -1;
  const names = readdirSync(checkpoints).filter((name) => !name.startsWith('.'));
  for (const name of names.filter((other) => other !== POINTER)) {
    const content = readFileSync(join(checkpoints, name));
    const hash = createHash('sha256').update(content).digest('hex');
    expect(name).toMatch(new RegExp(`^step-\\d{8}-${hash.slice(0, 12)}\\.safetensors$`));
    readSafetensors(content);
  }
  if (!names.includes(POINTER)) return -1;
  const entries = (JSON.parse(readFileSync(join(checkpoints, POINTER), 'utf8')) as { checkpoints: CheckpointEntry[] }).checkpoints;
  expect(entries.length).toBeGreaterThan(0);
  for (const entry of entries) expect(names).toContain(entry.file);
  return entries[0].step;
}

/** What a finished run leaves: the metrics, and each kept checkpoint with its content's hash in its name. */
function remains(folder: string): Record<string, Buffer> {
  const checkpoints = join(folder, 'checkpoints');
  const files = readdirSync(checkpoints).map((name) => [name, readFileSync(join(checkpoints, name))] as const);
  return { ...Object.fromEntries(files), 'metrics.jsonl': readFileSync(join(folder, 'metrics.jsonl')) };
}

interface Plan {
  readonly model: string;
  readonly steps: number;
  readonly checkpointEvery: number;
  readonly pause: number;
  /** Kills between opening and renaming, and kills at any moment, to reach. */
  readonly windows: number;
  readonly anywhere: number;
  /** Milliseconds that a process takes to start, about. */
  readonly startup: number;
}

async function killAndCompare({ model, steps, checkpointEvery, pause, windows, anywhere, startup }: Plan): Promise<void> {
  const script = await bundle('test/kill-child.ts');
  const common = { model, steps, checkpointEvery };
  const calm: KillArguments = { ...common, folder: join(root, `${model}-calm`), pause: 0 };
  const stormy: KillArguments = { ...common, folder: join(root, `${model}-stormy`), pause };
  const whole = await live(script, calm, () => {});
  expect(whole.lines.at(-1)).toBe('end');

  const chance = createStream({ seed: Date.now(), purpose: 'test' });
  let draw = 0;
  const random = (): number => chance.uniform(draw++);
  const hits = { checkpoint: 0, pointer: 0, elsewhere: 0, unborn: 0 };
  const inWindows = (): number => hits.checkpoint + hits.pointer;
  const limit = 4 * (windows + anywhere);
  let reached = -1;
  for (let kills = 0; hits.checkpoint < windows || kills - inWindows() < anywhere; kills++) {
    expect(kills, `kills fell beside their windows: ${JSON.stringify(hits)}`).toBeLessThan(limit);
    // By turns: in the window of one of this life's first checkpoints or lists; at any moment of its first steps; now and then while it starts.
    const aimed = hits.checkpoint < windows && (kills % 2 === 0 || kills - inWindows() >= anywhere);
    let seen = 0;
    const target = aimed ? 1 + Math.floor(3 * random()) : Math.floor(6 * random());
    const window = random() < 0.2 ? `opened ${POINTER}` : 'opened step-';
    const early = !aimed && kills % 5 === 0;
    const delay = random() * (aimed ? 3 * pause : early ? startup : 30);
    const life = await live(script, stormy, (line, kill) => {
      if (early) return;
      const counts = aimed ? line.startsWith(window) && ++seen === target : /^(start|step) /.test(line) && seen++ === target;
      if (counts) setTimeout(kill, delay);
    }, early ? delay : undefined);
    expect(life.killed, 'the run ended before enough kills; give it more steps').toBe(true);
    const hit = openWindow(life.lines);
    if (hit === POINTER) hits.pointer++;
    else if (hit) hits.checkpoint++;
    else if (life.lines.some((line) => line.startsWith('start '))) hits.elsewhere++;
    else hits.unborn++;
    const now = inspect(stormy.folder);
    expect(now).toBeGreaterThanOrEqual(reached); // what was saved stays saved
    reached = now;
  }
  expect(hits.checkpoint).toBeGreaterThanOrEqual(windows);
  expect(hits.elsewhere).toBeGreaterThan(0);

  const last = await live(script, { ...stormy, pause: 0 }, () => {});
  expect(last.lines.at(-1)).toBe('end');
  console.log(`kill test, ${model}: ${hits.checkpoint} kills while a checkpoint was written, ${hits.pointer} while the list was, ${hits.elsewhere} at other moments, ${hits.unborn} before the first step; the last life began at ${last.lines.find((line) => line.startsWith('start '))?.slice(6)} of ${steps} steps`);

  const expected = remains(calm.folder);
  const got = remains(stormy.folder);
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort()); // names hold the hash of their content
  for (const [name, content] of Object.entries(expected)) expect(got[name].equals(content), name).toBe(true);
  expect(expected['metrics.jsonl'].toString().trimEnd().split('\n').length).toBe(steps);
}

describe('a run that is killed again and again', () => {
  // The toy's lives are short: most kills for the time. The network's are what it is all about: dropout, condition dropout, accumulation 2, EMA.
  it('ends where an uninterrupted one does: a toy', { timeout: 600_000 }, () => killAndCompare({ model: 'toy', steps: 300, checkpointEvery: 2, pause: 4, windows: 8, anywhere: 10, startup: 150 }));
  it('ends where an uninterrupted one does: the U-Net', { timeout: 600_000 }, () => killAndCompare({ model: 'unet', steps: 150, checkpointEvery: 2, pause: 4, windows: 21, anywhere: 10, startup: 1000 }));
});
