import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePng } from './png.ts';
import { varint } from './protobuf.ts';
import { openEvents } from './tfevents-node.ts';
import { imageEvent, readEvents, scalarEvent, tfRecord, versionEvent, wholeEvents } from './tfevents.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const picture = { width: 3, height: 2, channels: 1 as const, data: Uint8Array.of(0, 50, 100, 150, 200, 250) };

describe('records', () => {
  it('are framed as TensorFlow frames them', () => {
    // Known answers: the masked CRC-32C of eight zero bytes with 24 (0x18) first begins every TensorFlow event file with a
    // wall time and "brain.Event:2": length 18 00.., crc a3 7f 4b 22.
    const first = versionEvent(1.5);
    expect(hex(first.subarray(0, 12))).toBe('1800000000000000a37f4b22');
    expect(hex(first.subarray(12, 36))).toBe(`09000000000000f83f1a0d${Buffer.from('brain.Event:2').toString('hex')}`);
    expect(first.length).toBe(40);
    expect(tfRecord(new Uint8Array(0)).length).toBe(16);
  });

  it('hold the protobuf bytes of the schema, worked out by hand', () => {
    const record = scalarEvent({ wallTime: 1, step: 300 }, { 'a/b': 0.5 });
    // Event: 1 double | 2 varint 300 | 5 { 1 { 1 "a/b" | 2 float } }
    expect(hex(record.subarray(12, -4))).toBe('09000000000000f03f' + '10ac02' + '2a0c' + '0a0a' + `0a03${Buffer.from('a/b').toString('hex')}` + '150000003f');
    expect(varint(0)).toEqual([0]);
    expect(varint(2 ** 53 - 1)).toEqual([255, 255, 255, 255, 255, 255, 255, 15]);
    expect(() => varint(-1)).toThrow(/varint/);
  });
});

describe('reading back', () => {
  const file = concat(
    versionEvent(10),
    scalarEvent({ wallTime: 11, step: 1 }, { loss: 0.25, 'lr/max': 1e-3 }),
    imageEvent({ wallTime: 11, step: 1 }, 'samples', picture),
    scalarEvent({ wallTime: 12, step: 2 ** 40 }, { loss: NaN }),
  );

  it('gives what was written', () => {
    const [version, scalars, image, last] = [...readEvents(file)];
    expect(version).toMatchObject({ wallTime: 10, step: 0, fileVersion: 'brain.Event:2' });
    expect(scalars).toMatchObject({ wallTime: 11, step: 1, scalars: { loss: 0.25, 'lr/max': Math.fround(1e-3) } });
    expect(decodePng(image.images.samples).picture).toEqual(picture);
    expect(last.step).toBe(2 ** 40);
    expect(last.scalars.loss).toBeNaN();
    expect(last.end).toBe(file.length);
  });

  it('finds where the last whole record ends, whatever the cut', () => {
    const ends = [0, ...[...readEvents(file)].map(({ end }) => end)];
    for (let n = 0; n <= file.length; n++) expect(wholeEvents(file.slice(0, n))).toBe(Math.max(...ends.filter((end) => end <= n)));
    expect(wholeEvents(file, { throughStep: 1 })).toBe(ends[3]);
    expect(wholeEvents(file, { throughStep: 0 })).toBe(ends[1]);
  });

  it('stops at a damaged record and refuses other files', () => {
    const [first, second] = [...readEvents(file)].map(({ end }) => end);
    const damaged = file.slice();
    damaged[second - 6] ^= 1;
    expect(wholeEvents(damaged)).toBe(first);
    const lying = file.slice();
    lying.fill(255, 0, 8);
    expect(wholeEvents(lying)).toBe(0);
    expect(() => wholeEvents(file.subarray(first))).toThrow(/does not start with a version event/);
  });
});

it('a file on disk is continued after a kill, and cut back to the checkpoint when resumed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'noisette-events-'));
  try {
    const writer = await openEvents(join(folder, 'tb'), { wallTime: 1_700_000_000.5 });
    await Promise.all([1, 2, 3, 4].map((step) => writer.write(scalarEvent({ wallTime: step, step }, { loss: step }))));
    await writer.close();
    expect(readdirSync(join(folder, 'tb'))).toEqual(['events.out.tfevents.1700000000.noisette']);
    const steps = (): number[] => [...readEvents(new Uint8Array(readFileSync(writer.path)))].map(({ step }) => step);
    expect(steps()).toEqual([0, 1, 2, 3, 4]);

    appendFileSync(writer.path, scalarEvent({ wallTime: 5, step: 5 }, { loss: 5 }).subarray(0, 20)); // a torn record
    const again = await openEvents(join(folder, 'tb'), { throughStep: 3 });
    await again.write(scalarEvent({ wallTime: 9, step: 4 }, { loss: 9 }));
    await again.close();
    expect(steps()).toEqual([0, 1, 2, 3, 4]);
    expect([...readEvents(new Uint8Array(readFileSync(writer.path)))].at(-1)!.scalars.loss).toBe(9);

    const damaged = readFileSync(writer.path);
    damaged[3] ^= 1;
    writeFileSync(writer.path, damaged);
    const beside = await openEvents(join(folder, 'tb'), { wallTime: 1_700_000_000 });
    await beside.close();
    expect(beside.path).toBe(`${writer.path}.1`);
    expect(readFileSync(writer.path)).toEqual(damaged);
    rmSync(beside.path);

    truncateSync(writer.path, 7);
    await (await openEvents(join(folder, 'tb'))).close();
    expect(steps()).toEqual([0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
