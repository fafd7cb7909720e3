/**
 * The package as people get it: compiled afresh, packed, unpacked into an empty project beside the dependencies it declares and no others (links to those
 * here, so no network is needed), and used by the lines of the README.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from 'playwright-core';
import { decodePng } from '../src/formats/png.ts';
import { browserPath, lacksBrowser } from './browser/page.ts';

const ROOT = resolve(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
// Outside the repository: nothing of it may be found by climbing up.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'noisette-package-')));
const project = join(folder, 'project');
const installed = join(project, 'node_modules/noisette');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exported {
  readonly browser?: Exported;
  readonly types: string;
  readonly default: string;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Exported | string>>;
  readonly bin: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const entries = Object.entries(manifest.exports).filter((entry): entry is [string, Exported] => typeof entry[1] !== 'string');
const nameOf = (path: string): string => `noisette${path.slice(1)}`;

function run(command: string, args: readonly string[], cwd: string): { stdout: string; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' && command === 'npm' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return { stdout, output: stdout + stderr };
}

const linkPackage = (name: string): void => {
  const to = join(project, 'node_modules', name);
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), to, 'junction');
};

beforeAll(() => {
  const stage = join(folder, 'stage');
  mkdirSync(stage);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'models']) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(stage, name), { recursive: true });
  }
  run(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(stage, 'dist'), '--tsBuildInfoFile', join(stage, 'dist/.tsbuildinfo')], ROOT);
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], stage).stdout) as { filename: string }[];

  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components', '1'], folder);
  for (const name of Object.keys(manifest.dependencies)) linkPackage(name);
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "version": "1.0.0" }');
}, 120_000);

/** The first block of TypeScript in the README. */
const readmeLines = (): string => /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(installed, 'README.md'), 'utf8'))![1];

describe('the package', () => {
  it('holds what it exports, no tests, and no build leftovers', () => {
    const files = readdirSync(installed, { recursive: true }).map((file) => String(file).replaceAll('\\', '/'));
    for (const [, entry] of entries) for (const part of [entry, ...(entry.browser ? [entry.browser] : [])]) for (const file of [part.types, part.default]) expect(files).toContain(file.slice(2));
    for (const file of [...Object.values(manifest.bin), 'README.md', 'LICENSE', 'CHANGELOG.md']) expect(files).toContain(file);
    expect(files.filter((file) => /\.(test|cases)\.|tsbuildinfo|^(src|test|bench|docs)\//.test(file))).toEqual([]);
  });

  it('its command runs', () => {
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    expect(run(process.execPath, [join(installed, manifest.bin.noisette), '--version'], project).stdout.trim()).toBe(version);
  });

  it('every entry can be imported, and a page gets the façade without files', () => {
    const names = entries.map(([path]) => nameOf(path));
    writeFileSync(join(project, 'all.mjs'), names.map((name) => `console.log(Object.keys(await import('${name}')).length);`).join('\n'));
    const counts = run(process.execPath, ['all.mjs'], project).stdout.trim().split('\n').map(Number);
    expect(counts).toHaveLength(names.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    writeFileSync(join(project, 'page.mjs'), "import { encodeModel, load, train } from 'noisette';\nconsole.log(typeof encodeModel, typeof load);\ntrain({ data: { kind: 'mnist' } });");
    expect(() => run(process.execPath, ['--conditions=browser', 'page.mjs'], project)).toThrow(/function function[^]*data of kind mnist is read from files, which a page cannot/);
  });

  it('what pages import reaches neither Node nor a package for Node', () => {
    const forPages = entries.filter(([path]) => !path.endsWith('/node')).map(([, entry]) => join(installed, (entry.browser ?? entry).default));
    expect(forPages.length).toBeGreaterThan(10);
    const { packages, modules } = reachable(forPages);
    expect(modules.size).toBeGreaterThan(100);
    expect([...modules].filter((file) => /(^|[-/])node\.js$/.test(file)).map((file) => relative(installed, file))).toEqual([]);
    expect([...packages].sort()).toEqual(['#ort', 'fflate', 'gifenc', 'onnxruntime-web/wasm', 'zod']);
  });
});

describe('the lines of the README', () => {
  it('are ten at most, train, and draw', () => {
    const lines = readmeLines();
    expect(lines.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(10);
    writeFileSync(join(project, 'toy.mjs'), lines);
    const { stdout } = run(process.execPath, ['toy.mjs'], project);
    const losses = [...stdout.matchAll(/^step \d+: loss ([\d.]+)$/gm)].map((match) => Number(match[1]));
    expect(losses.length).toBeGreaterThan(3);
    expect(losses.at(-1)).toBeLessThan(losses[0]);

    const { picture } = decodePng(new Uint8Array(readFileSync(join(project, 'moons.png'))));
    expect(onMoons(picture)).toBeGreaterThan(0.9);
  }, 240_000);

  it('pass the strict type check, declarations of the whole package included', () => {
    for (const name of ['@types/node', 'undici-types']) if (existsSync(join(ROOT, 'node_modules', name))) linkPackage(name);
    writeFileSync(join(project, 'toy.mts'), readmeLines());
    writeFileSync(join(project, 'entries.mts'), entries.map(([path], i) => `export * as e${i} from '${nameOf(path)}';`).join('\n'));
    const check = [TSC, '--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', 'toy.mts', 'entries.mts'];
    expect(run(process.execPath, check, project).output).toBe('');
    writeFileSync(join(project, 'toy.mts'), readmeLines().replace('event.emaLoss', 'event.emaLos'));
    expect(() => run(process.execPath, check, project)).toThrow(/'emaLos' does not exist/);
  }, 120_000);
});

describe('the example page', () => {
  it.skipIf(lacksBrowser('the example page'))('trains with the installed package, and offers the model', async () => {
    cpSync(join(ROOT, 'examples/browser'), join(project, 'page'), { recursive: true });
    const browser = await chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update'] });
    const server = spawn(process.execPath, [join(project, 'page/serve.mjs')], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const url = await new Promise<string>((use) => server.stdout.once('data', (line: Buffer) => use(line.toString().trim())));
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(url);
      await page.selectOption('[name=device]', 'wasm');
      await page.fill('[name=steps]', '100');
      await page.click('#start');
      await page.waitForSelector('#download:enabled', { timeout: 90_000 });
      expect(await page.textContent('#status')).toMatch(/^Trained 100 steps on wasm/);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
      const file = join(project, 'page.safetensors');
      await download.saveAs(file);
      expect(errors).toEqual([]);
      const seen = JSON.parse(run(process.execPath, [join(installed, manifest.bin.noisette), 'info', file, '--json'], project).stdout) as { step: number; classNames: string[] };
      expect(seen).toMatchObject({ step: 100, classNames: ['arm 0', 'arm 1', 'arm 2'] });
    } finally {
      await browser.close();
      server.kill();
    }
  }, 150_000);
});

/** Modules and packages that these modules import, and those in turn. */
function reachable(from: readonly string[]): { modules: ReadonlySet<string>; packages: ReadonlySet<string> } {
  const modules = new Set(from);
  const packages = new Set<string>();
  for (const file of modules) {
    for (const [, fixed, dynamic] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?:[^;'"`=]*?\sfrom\s*)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm)) {
      const target: string = fixed ?? dynamic;
      if (!target.startsWith('.')) packages.add(target);
      else {
        const path = resolve(dirname(file), target);
        if (!statSync(path).isFile()) throw new Error(`${file} imports ${target}, which is no file`);
        modules.add(path);
      }
    }
  }
  return { modules, packages };
}

/** Of the plot's light, the share within 0.15 of the two half circles that `data/toy.ts` draws from; a plot is [−1.2, 1.2]², 480 pixels wide, with a margin of 12. */
function onMoons({ width, channels, data }: { width: number; channels: number; data: Uint8Array }): number {
  let near = 0;
  let all = 0;
  for (let py = 0; py < 480; py++) {
    for (let px = 0; px < 480; px++) {
      const at = ((py + 12) * width + px + 12) * channels;
      const light = Math.max(0, data[at] - 40) + Math.max(0, data[at + 2] - 50);
      const [x, y] = [((px + 0.5) / 480) * 2.4 - 1.2, 1.2 - ((py + 0.5) / 480) * 2.4];
      const far = Math.min(...[1, -1].map((side) => {
        const [dx, dy] = [side * x + 0.25, side * y + 0.125];
        return dy >= 0 ? Math.abs(Math.hypot(dx, dy) - 0.5) : Math.hypot(Math.abs(dx) - 0.5, dy);
      }));
      all += light;
      if (far < 0.15) near += light;
    }
  }
  return all > 0 ? near / all : 0;
}
