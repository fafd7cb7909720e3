/**
 * TensorBoard's event files: a sequence of records, each an Event message.
 *
 *   record = u64 length ‖ masked(crc32c(length)) ‖ data ‖ masked(crc32c(data))          masked(c) = ror(c, 15) + 0xA282EAD8 mod 2^32
 *   Event   { 1 wall_time: double, 2 step: int64, 3 file_version: string, 5 summary: Summary }
 *   Summary { 1 value: repeated { 1 tag: string, 2 simple_value: float, 4 image: { 1 height, 2 width, 3 colorspace, 4 encoded PNG } } }
 *
 * A file starts with the version event. Records are only ever appended, so a killed writer leaves at most one torn record at the end;
 * {@link wholeEvents} finds where to cut before appending again. The file's name must contain "tfevents" for TensorBoard to see it.
 * Source: tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
 */
import { check } from '../core/errors.ts';
import { crc32c } from './crc32.ts';
import type { Picture } from './picture.ts';
import { encodePng } from './png.ts';
import { bytesField, doubleField, floatField, integerField, message, readFields } from './protobuf.ts';

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** One record around its data. */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(16 + data.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(out, 0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return out;
}

export interface EventTime {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** The record that a new file must start with. */
export const versionEvent = (wallTime: number): Uint8Array<ArrayBuffer> => tfRecord(message([doubleField(1, wallTime), bytesField(3, 'brain.Event:2')]));

const summaryEvent = ({ wallTime, step }: EventTime, values: readonly Uint8Array[][]): Uint8Array<ArrayBuffer> =>
  tfRecord(message([doubleField(1, wallTime), integerField(2, step), bytesField(5, values.map((value) => bytesField(1, value)))]));

/** One record with any number of scalars; a slash in a tag groups it. */
export const scalarEvent = (time: EventTime, scalars: Readonly<Record<string, number>>): Uint8Array<ArrayBuffer> =>
  summaryEvent(time, Object.entries(scalars).map(([tag, value]) => [bytesField(1, tag), floatField(2, value)]));

/** One record with a picture. */
export function imageEvent(time: EventTime, tag: string, picture: Picture): Uint8Array<ArrayBuffer> {
  const image = [integerField(1, picture.height), integerField(2, picture.width), integerField(3, picture.channels), bytesField(4, encodePng(picture))];
  return summaryEvent(time, [[bytesField(1, tag), bytesField(4, image)]]);
}

export interface ReadEvent extends EventTime {
  readonly fileVersion?: string;
  readonly scalars: Readonly<Record<string, number>>;
  /** PNG bytes by tag. */
  readonly images: Readonly<Record<string, Uint8Array>>;
  /** Offset after this event's record. */
  readonly end: number;
}

function parseEvent(data: Uint8Array, end: number, where: string): ReadEvent {
  let wallTime = 0;
  let step = 0;
  let fileVersion: string | undefined;
  const scalars: Record<string, number> = {};
  const images: Record<string, Uint8Array> = {};
  const text = new TextDecoder();
  for (const { field, type, value } of readFields(data, where)) {
    if (field === 1 && type === 1) wallTime = value;
    else if (field === 2 && type === 0) step = value;
    else if (field === 3 && type === 2) fileVersion = text.decode(value);
    else if (field === 5 && type === 2) {
      for (const entry of readFields(value, where)) {
        if (entry.field !== 1 || entry.type !== 2) continue;
        let tag = '';
        for (const part of readFields(entry.value, where)) {
          if (part.field === 1 && part.type === 2) tag = text.decode(part.value);
          else if (part.field === 2 && part.type === 5) scalars[tag] = part.value;
          else if (part.field === 4 && part.type === 2) for (const f of readFields(part.value, where)) if (f.field === 4 && f.type === 2) images[tag] = f.value;
        }
      }
    }
  }
  return { wallTime, step, fileVersion, scalars, images, end };
}

/** The whole, undamaged records from the start of a file; ends silently at the first torn one. Histograms and graphs are passed over. */
export function* readEvents(bytes: Uint8Array, where = 'tfevents'): Generator<ReadEvent, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; bytes.length - at >= 16; ) {
    if (view.getUint32(at + 8, true) !== masked(crc32c(bytes, at, at + 8))) return;
    const length = view.getBigUint64(at, true);
    if (length > bytes.length - at - 16) return;
    const start = at + 12;
    at = start + Number(length) + 4;
    if (view.getUint32(at - 4, true) !== masked(crc32c(bytes, start, at - 4))) return;
    yield parseEvent(bytes.subarray(start, at - 4), at, where);
  }
}

/**
 * How many bytes of an event file to keep before appending: all whole records, or, when resuming, those before the first event of a
 * step beyond `throughStep`. 0 when the file does not even start with a whole record: begin it anew with {@link versionEvent}.
 */
export function wholeEvents(bytes: Uint8Array, { throughStep = Infinity }: { throughStep?: number } = {}, where = 'tfevents'): number {
  let keep = 0;
  for (const event of readEvents(bytes, where)) {
    if (keep === 0) check(event.fileVersion?.startsWith('brain.Event:'), where, 'the file does not start with a version event; it is no event file');
    if (event.step > throughStep) break;
    keep = event.end;
  }
  return keep;
}
