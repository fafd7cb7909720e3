import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyQuickstartFolder, markQuickstartFolder } from './quickstart-folder-node.ts';
import { lockFolder } from './run-lock-node.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'noisette-quickstart-'));
  folder = join(root, 'q');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (...names: string[]): void => names.forEach((name) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), 'x');
});
const OWN = [
  'config.json', 'metrics.jsonl', 'model.safetensors', 'grid.png', 'film.gif', 'events.out.tfevents.1795535316.noisette', 'samples/step-100.png',
  'checkpoints/latest.json', 'checkpoints/step-00000100-0123456789ab.safetensors', 'checkpoints/.step-00000100-0123456789ab.safetensors.1-0-01234567.partial',
];

describe('folder of quickstart', () => {
  it('is made and marked', async () => {
    await emptyQuickstartFolder(folder, { seed: 3 });
    expect(JSON.parse(readFileSync(join(folder, 'quickstart.json'), 'utf8'))).toEqual({ seed: 3 });
  });

  it('loses what an earlier quickstart left', async () => {
    await emptyQuickstartFolder(folder, {});
    put(...OWN);
    await markQuickstartFolder(folder, { result: 1 });
    await emptyQuickstartFolder(folder, { seed: 4 });
    // A new run can begin in it.
    expect(readdirSync(folder)).toEqual(['quickstart.json']);
    expect(readFileSync(join(folder, 'quickstart.json'), 'utf8')).toContain('"seed": 4');
  });

  it.each([['thesis.txt'], ['samples/holiday.png'], ['samples/more/x.png'], ['other/x'], ['checkpoints/best.safetensors'], ['config.json.bak']])('is left alone when it also holds %s', async (name) => {
    await emptyQuickstartFolder(folder, {});
    put(...OWN, name);
    await expect(emptyQuickstartFolder(folder, {})).rejects.toThrow(/holds files that quickstart did not make \(.*\), and it would delete what is there; choose another folder with --out/);
    for (const kept of [...OWN, name]) expect(existsSync(join(folder, kept)), kept).toBe(true);
  });

  it('is left alone when it is another run', async () => {
    put(...OWN);
    await expect(emptyQuickstartFolder(folder, {})).rejects.toThrow(/holds a run that quickstart did not make \(it has no quickstart\.json\)/);
    for (const kept of OWN) expect(existsSync(join(folder, kept)), kept).toBe(true);
  });

  it('is left alone while a process trains in it', async () => {
    await emptyQuickstartFolder(folder, {});
    put('metrics.jsonl');
    const lock = await lockFolder(folder);
    await expect(emptyQuickstartFolder(folder, {})).rejects.toThrow(/is training in/);
    expect(existsSync(join(folder, 'metrics.jsonl'))).toBe(true);
    await lock.release();
  });
});
