/** The built command, as an installed package has it, and folders to run it in. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const folders: string[] = [];
// The test runner ends its processes without their exit event.
afterAll(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new empty folder, removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'noisette-cli-'));
  folders.push(folder);
  return folder;
}

let main: string | undefined;

/** Path of the compiled command, made once a test file. It has a folder of its own, in the repository, so that packages are found and builds beside it do no harm. */
function command(): string {
  if (main) return main;
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const made = mkdtempSync(join(ROOT, 'out', 'test-cli-'));
  folders.push(made);
  copyFileSync(join(ROOT, 'package.json'), join(made, 'package.json'));
  symlinkSync(join(ROOT, 'models'), join(made, 'models'));
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(made, 'dist'), '--incremental', 'false', '--tsBuildInfoFile', 'null'], { encoding: 'utf8' });
  main = join(made, 'dist/cli/main.js');
  // Type errors are the type check's business; what is compiled all the same is run.
  if (!existsSync(main)) throw new Error(`tsc made nothing: ${result.stdout}${result.stderr}`);
  return main;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines of standard output as JSON. */
  json(): Record<string, unknown>[];
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves when the text has come on either stream. */
  seen(text: string): Promise<void>;
}

/** Starts `noisette …words` in a folder. */
export function start(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [command(), ...words], { cwd, env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', err: '' };
  const waiting: (() => void)[] = [];
  for (const [name, stream] of [['out', child.stdout], ['err', child.stderr]] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      waiting.forEach((look) => look());
    });
  }
  const ended = new Promise<Ran>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, ...texts, json: () => texts.out.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>) }));
  });
  return {
    process: child,
    ended,
    seen: (text) => new Promise((done, failed) => {
      const look = (): void => { if (texts.out.includes(text) || texts.err.includes(text)) done(); };
      waiting.push(look);
      look();
      void ended.then(({ code }) => failed(new Error(`ended with ${code} before it said ${JSON.stringify(text)}: ${texts.out}${texts.err}`)));
    }),
  };
}

/** Runs `noisette …words` to its end. */
export const run = (cwd: string, ...words: string[]): Promise<Ran> => start(cwd, words).ended;

/** Runs it and expects success. */
export async function succeed(cwd: string, ...words: string[]): Promise<Ran> {
  const ran = await run(cwd, ...words);
  if (ran.code !== 0) throw new Error(`noisette ${words.join(' ')} ended with ${ran.code}:\n${ran.out.slice(-2000)}\n${ran.err.slice(-4000)}`);
  return ran;
}

/** A toy run, compiled and trained in an instant. */
export const TOY = ['--data', 'toy:ring', '--batch', '16', '--warmup', '2', '--lr-decay', 'constant', '--threads', '1', ...['data.count=256', 'model.options.width=16', 'model.options.layers=2', 'train.previewCount=16', 'train.previewSteps=4'].flatMap((set) => ['--set', set])];
/** The smallest U-Net that has all its parts. */
export const TINY_UNET = ['--batch', '4', '--warmup', '1', '--lr-decay', 'constant', '--validation', '0', '--threads', '1', ...['model.options.blockOutChannels=[8,16]', 'model.options.layersPerBlock=1', 'model.options.normNumGroups=4', 'model.attentionAt=[]', 'train.previewCount=2', 'train.previewSteps=3'].flatMap((set) => ['--set', set])];
