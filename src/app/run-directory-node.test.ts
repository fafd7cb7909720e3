import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureFilePlace, ensureFolder, whyNot } from './file-access-node.ts';
import { claimRunDirectory } from './run-directory-node.ts';

let root: string;
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'noisette-folder-')); });
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('folder of a run', () => {
  it('is made for a new run, and removed again if nothing was written', async () => {
    const folder = join(root, 'a/b');
    const claim = await claimRunDirectory(folder, { resume: false });
    expect(readdirSync(folder)).toHaveLength(1);
    await claim.release();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(root, 'a'))).toBe(true);
  });

  it('stays when it was there before, or has files', async () => {
    await (await claimRunDirectory(root, { resume: false })).release();
    expect(existsSync(root)).toBe(true);
    const claim = await claimRunDirectory(join(root, 'run'), { resume: false });
    writeFileSync(join(root, 'run/config.json'), '{}');
    await claim.release();
    expect(readdirSync(join(root, 'run'))).toEqual(['config.json']);
  });

  it('is refused to a new run that would overwrite one, and to a resumed one that is not there', async () => {
    await expect(claimRunDirectory(root, { resume: true })).rejects.toThrow(/holds no run with checkpoints/);
    mkdirSync(join(root, 'checkpoints'));
    await expect(claimRunDirectory(root, { resume: false })).rejects.toThrow(/already holds a run \(checkpoints\); continue it with --resume/);
    expect(readdirSync(root)).toEqual(['checkpoints']);
    const claim = await claimRunDirectory(root, { resume: true });
    await expect(claimRunDirectory(root, { resume: true })).rejects.toThrow('is training in');
    await claim.release();
  });

  it('loses what a killed process left half-written', async () => {
    mkdirSync(join(root, 'checkpoints'));
    mkdirSync(join(root, 'samples'));
    // No process has this number on any system that we know.
    writeFileSync(join(root, 'samples/.step-1.png.999999999-0-01234567.partial'), 'x');
    await (await claimRunDirectory(root, { resume: true })).release();
    expect(readdirSync(join(root, 'samples'))).toEqual([]);
  });
});

describe('paths to be written', () => {
  it('are refused in words where they cannot be', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(ensureFolder(join(root, 'file'), 'here')).rejects.toThrow(/^here: .*file is a file, where a folder is needed/);
    await expect(ensureFolder(join(root, 'file/below'), 'here')).rejects.toThrow(/^here: .*file is a file/);
    await expect(ensureFilePlace(root, '--out')).rejects.toThrow(/^--out: .* is a folder; give the path of a file/);
    await ensureFilePlace(join(root, 'new/x.png'), '--out');
    expect(readdirSync(join(root, 'new'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('end where a folder cannot be made below one that exists', async () => {
    await expect(ensureFolder('/proc/noisette/run', 'train')).rejects.toThrow('train: cannot make the folder /proc/noisette: there is no such file or folder (ENOENT)');
  });

  it('keep the system\'s code, known or not', () => {
    expect(whyNot(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('no space is left on the disk (ENOSPC)');
    expect(whyNot(Object.assign(new Error('x'), { code: 'EWEIRD' }))).toBe('EWEIRD');
    expect(whyNot(new Error('plain'))).toBe('plain');
  });
});
