import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { intTensor, tensor } from '../core/tensor.ts';
import { readSafetensors } from '../formats/safetensors.ts';
import { layoutParameters } from '../nn/parameters.ts';
import { encodeCheckpoint, fillFromCheckpoint, openCheckpoint, type RunDescription, type RunState } from './checkpoint-file.ts';
import { listCheckpoints, memoryStore, newestCheckpoint, POINTER, saveCheckpoint, webSha256, type CheckpointStore } from './checkpoint.ts';
import { folderStore, machineVersions } from './checkpoint-node.ts';
import { initialState, type NetworkState } from './state.ts';

const layout = layoutParameters([
  { name: 'w', shape: [2, 2] },
  { name: 'fixed', shape: [3], trainable: false },
  { name: 'b', shape: [2] },
]);
const description: RunDescription = { config: { model: { channels: 8 }, name: 'ünï' }, versions: { node: '20' } };

function network(value: number, ema = true): NetworkState {
  const state = initialState({ layout, weights: new Float32Array(6).fill(value), frozen: new Float32Array(3).fill(-value), ema, buffers: { usage: intTensor([2], [1, 2]) } });
  state.m.fill(value / 3);
  state.v.fill(value / 7);
  state.ema?.fill(value / 9);
  return { ...state, updates: value };
}
const run = (step: number): RunState => ({
  step,
  networks: { model: network(step), critic: network(step + 0.5, false) },
  arrays: { 'losses': tensor([2, 2], [1, 2, 3, step]) },
  counters: { skipped: 2, emaLoss: 0.1 + step },
});
const empty = (): RunState['networks'] => ({ model: network(0), critic: network(0, false) });

describe('a checkpoint file', () => {
  const bytes = (state: RunState): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(encodeCheckpoint(state, description)));

  it('gives the run back: weights, frozen parameters, moments, EMA, buffers, arrays, counters, configuration', () => {
    const file = openCheckpoint(bytes(run(7)), 'test');
    expect([file.step, file.config, file.versions]).toEqual([7, description.config, description.versions]);
    expect(fillFromCheckpoint(file, empty())).toEqual(run(7));
  });

  it('is a safetensors file whose names say what is what, one vector after the other', () => {
    const file = readSafetensors(bytes(run(3)));
    expect([...file.entries.keys()].slice(0, 9)).toEqual([
      'model/weights/w', 'model/weights/b', 'model/frozen/fixed', 'model/m/w', 'model/m/b', 'model/v/w', 'model/v/b', 'model/ema/w', 'model/ema/b',
    ]);
    expect(Array.from(file.float32('critic/weights/b').data)).toEqual([3.5, 3.5]);
  });

  it('is the same bytes for the same run', () => {
    expect(bytes(run(5))).toEqual(bytes(run(5)));
  });

  it('refuses what does not fit, before it writes anything', () => {
    const file = openCheckpoint(bytes(run(7)), 'test');
    const other = layoutParameters([{ name: 'w', shape: [2, 2] }, { name: 'fixed', shape: [3], trainable: false }, { name: 'b', shape: [3] }]);
    const model = initialState({ layout: other, weights: new Float32Array(7), ema: true });
    expect(() => fillFromCheckpoint(file, { model, critic: network(0, false) })).toThrow('resume: model/weights/b has shape [2] in the checkpoint but [3] by the configuration');
    expect(model.weights.every((x) => x === 0)).toBe(true);
    expect(() => fillFromCheckpoint(file, { model: network(0) })).toThrow('arrays that the configuration does not know: critic/weights/w');
    expect(() => fillFromCheckpoint(file, { model: network(0, false), critic: network(0, false) })).toThrow('does not know: model/ema/w, model/ema/b');
    expect(() => fillFromCheckpoint(file, { model: network(0), critic: network(0) })).toThrow('the checkpoint lacks critic/ema/w');
    expect(() => fillFromCheckpoint(file, { teacher: network(0) })).toThrow('no network "teacher"; it has model, critic');
  });

  it('refuses states that would not come back', () => {
    expect(() => encodeCheckpoint({ ...run(1), counters: { emaLoss: NaN } }, description)).toThrow('the counter emaLoss is NaN');
    expect(() => encodeCheckpoint({ ...run(1), networks: { 'a/b': network(1) } }, description)).toThrow('cannot be named "a/b"');
  });
});

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'noisette-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

const stores: [string, () => Promise<CheckpointStore>][] = [['memory', async () => memoryStore()], ['folder', () => folderStore(folder)]];
describe.each(stores)('checkpoints in a %s store', (_, open) => {
  it('keeps the last ones, newest first, and deletes the rest', async () => {
    const store = await open();
    expect(await newestCheckpoint(store)).toBeUndefined();
    for (const step of [10, 20, 30, 40]) await saveCheckpoint(store, run(step), description, 3);
    const entries = await listCheckpoints(store);
    expect(entries.map((e) => e.step)).toEqual([40, 30, 20]);
    expect((await store.list()).sort()).toEqual([POINTER, ...entries.map((e) => e.file)].sort());
    const found = (await newestCheckpoint(store))!;
    expect(found.warnings).toEqual([]);
    expect(fillFromCheckpoint(found.file, empty())).toEqual(run(40));
  });

  it('falls back to the one before when the newest is damaged in one bit, cut off or gone', async () => {
    const store = await open();
    for (const step of [10, 20]) await saveCheckpoint(store, run(step), description);
    const [newest] = await listCheckpoints(store);
    const good = (await store.read(newest.file))!;
    const flipped = good.slice();
    flipped[flipped.length - 5] ^= 1;
    for (const [damage, warning] of [
      [() => store.write(newest.file, [flipped]), 'does not have the SHA-256'],
      [() => store.write(newest.file, [good.subarray(0, 100)]), 'has 100 bytes, not'],
      [() => store.remove(newest.file), 'is missing'],
    ] as const) {
      await damage();
      const found = (await newestCheckpoint(store))!;
      expect(found.entry.step).toBe(10);
      expect(found.warnings[0]).toContain(warning);
      expect(fillFromCheckpoint(found.file, empty())).toEqual(run(10));
    }
    // The run goes on from 10: the damaged one leaves the list when its step comes again.
    await saveCheckpoint(store, run(20), description);
    expect((await listCheckpoints(store)).map((e) => e.step)).toEqual([20, 10]);
    expect((await newestCheckpoint(store))!.entry.step).toBe(20);
  });

  it('throws when none is whole and when the list is damaged', async () => {
    const store = await open();
    const { file } = await saveCheckpoint(store, run(10), description);
    await store.remove(file);
    await expect(newestCheckpoint(store)).rejects.toThrow(`no checkpoint is whole: ${file} is missing`);
    await store.write(POINTER, [new TextEncoder().encode('{"checkpoints": [{"file": "../../etc/passwd"}]}')]);
    await expect(newestCheckpoint(store)).rejects.toThrow('latest.json: is damaged');
  });

  it('forgets later checkpoints when a run went back to an earlier one', async () => {
    const store = await open();
    for (const step of [10, 20, 30]) await saveCheckpoint(store, run(step), description, 5);
    await saveCheckpoint(store, { ...run(20), counters: { skipped: 0, emaLoss: 9 } }, description, 5);
    expect((await listCheckpoints(store)).map((e) => e.step)).toEqual([20, 10]);
    expect((await newestCheckpoint(store))!.file.counters.emaLoss).toBe(9);
  });
});

describe('the folder store', () => {
  it('agrees with Web Crypto on SHA-256', async () => {
    const chunks = [new TextEncoder().encode('ab'), new Uint8Array(), new TextEncoder().encode('c')];
    const store = await folderStore(folder);
    // FIPS 180-2, appendix B.1
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await store.sha256(chunks)).toBe(expected);
    expect(await webSha256(chunks)).toBe(expected);
  });

  it('shows nothing under the final name before it is whole, and tells of each moment', async () => {
    const seen: string[] = [];
    const store = await folderStore(join(folder, 'made'), {
      observe: async (moment, name) => {
        const names = (await readdir(join(folder, 'made'))).filter((entry) => !entry.startsWith('.'));
        seen.push(`${moment} ${names.includes(name)}`);
      },
    });
    await store.write('x', [Uint8Array.of(1), Uint8Array.of(2, 3)]);
    expect(seen).toEqual(['opened false', 'piece false', 'piece false', 'written false', 'renamed true']);
    expect(Array.from(await readFile(join(folder, 'made', 'x')))).toEqual([1, 2, 3]);
  });

  it('clears what dead processes left when it is opened, and ignores it until then', async () => {
    // The name of a temporary as it is made, but with the number of a process that cannot be.
    let temporary = '';
    const spying = await folderStore(folder, { observe: async (moment) => void (moment === 'written' && (temporary = (await readdir(folder)).find((entry) => entry.endsWith('.partial'))!)) });
    await spying.write('x', [Uint8Array.of(1)]);
    const left = temporary.replace(`.${process.pid}-`, '.999999999-');
    expect(left).not.toBe(temporary);
    const store = await folderStore(folder);
    await writeFile(join(folder, left), 'half');
    expect(await readdir(folder)).toContain(left);
    await saveCheckpoint(store, run(10), description);
    expect((await newestCheckpoint(store))!.entry.step).toBe(10);
    await folderStore(folder);
    expect(await readdir(folder)).not.toContain(left);
  });

  it('knows the machine', () => {
    expect(machineVersions().node).toBe(process.versions.node);
    expect(Number(machineVersions().threads)).toBeGreaterThan(0);
  });
});
