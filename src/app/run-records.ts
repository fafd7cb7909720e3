/** What training leaves behind as it goes, whatever keeps it: a folder (`run-records-node.ts`), a page's storage, or nothing. */
import type { RunState } from '../train/checkpoint-file.ts';
import type { CheckpointOptions } from '../train/loop.ts';
import type { MetricsSink } from '../train/metrics.ts';
import type { Model } from './model.ts';
import type { Preview } from './preview.ts';

/** The network's name in checkpoints. */
export const NETWORK_NAME = 'model';

export interface RunRecords {
  /** What the user should know before the first step: settings and versions that changed, checkpoints that were damaged. */
  readonly notices: readonly string[];
  readonly metrics: readonly MetricsSink[];
  readonly checkpoint?: CheckpointOptions;
  /** Where the newest checkpoint left the run; undefined: at its beginning. */
  readonly from?: RunState;
  keepPreview(step: number, preview: Preview): Promise<Preview>;
  /** Where it was written, if it was. */
  keepModel(model: Model): Promise<string | undefined>;
  close(): Promise<void>;
}

/** For runs that leave nothing. */
export const noRecords: RunRecords = {
  notices: [], metrics: [], keepPreview: async (_, preview) => preview, keepModel: async () => undefined, close: async () => {},
};
