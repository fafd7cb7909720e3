/** Metrics and pictures as TensorBoard event files, continued in the same file after a kill or a resume. */
import { openEvents } from '../formats/tfevents-node.ts';
import { imageEvent, scalarEvent } from '../formats/tfevents.ts';
import type { Picture } from '../formats/picture.ts';
import type { MetricsSink } from './metrics.ts';

export interface TensorBoardSink extends MetricsSink {
  /** Adds a picture, a preview for instance. */
  picture(step: number, tag: string, picture: Picture): void;
}

/** A dot in a metric's name groups it as a slash does in TensorBoard; names without one are the training's. */
const tagOf = (name: string): string => (name.includes('.') ? name.replaceAll('.', '/') : `train/${name}`);

/**
 * Opens (or makes) the event file in `folder` for a run that continues after `step`; events of later steps and a torn last one are cut away. A failed
 * write shows at the next flush or close.
 */
export async function openTensorBoard(folder: string, step: number, now: () => number = () => Date.now() / 1000): Promise<TensorBoardSink> {
  const events = await openEvents(folder, { throughStep: step, wallTime: now() });
  let last: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  const append = (record: Uint8Array): void => {
    last = events.write(record).catch((error: Error) => { failure ??= error; });
  };
  const flush = async (): Promise<void> => {
    await last;
    if (failure) throw failure;
  };
  return {
    write({ step: at, ...record }, rate) {
      const numbers = Object.entries({ ...record, ...rate && { 'rate.steps': rate.stepsPerSecond, 'rate.images': rate.imagesPerSecond } }).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
      if (numbers.length) append(scalarEvent({ wallTime: now(), step: at }, Object.fromEntries(numbers.map(([name, value]) => [tagOf(name), value]))));
    },
    picture: (at, tag, picture) => append(imageEvent({ wallTime: now(), step: at }, tag, picture)),
    flush,
    async close() {
      try {
        await flush();
      } finally {
        await events.close();
      }
    },
  };
}
