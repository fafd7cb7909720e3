/** Pictures of what a network draws while it is still being trained: always the same classes and noise, so that progress shows. */
import type { ProgramOptionsOf } from './programs.ts';
import type { Picture } from '../formats/picture.ts';
import { previewNetwork } from '../generate/network-program.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import type { RunConfig } from './config.ts';
import { overview } from './pictures.ts';
import { batchSizesFor, sampleNetwork, type Samples } from './sampling.ts';

export interface Preview {
  readonly samples: Samples;
  readonly picture: Picture;
  /** Where the picture was written, if it was. */
  readonly file?: string;
}

export interface Previewer {
  make(weights: Float32Array, title: string, signal?: AbortSignal): Promise<Preview>;
  dispose(): Promise<void>;
}

/** Samples at once: enough for a row a class of ten classes, little enough to fit beside a training step. */
const BATCH = 64;

export function createPreviewer(config: RunConfig, network: DenoisingNetwork, classNames: readonly string[] | undefined, options: ProgramOptionsOf): Previewer {
  const each = config.train.previewCount;
  const classes = classNames?.flatMap((_, c) => new Array<number>(each).fill(c));
  const request = { count: classes?.length ?? each, classes, seed: config.seed, settings: { ...config.sample, steps: config.train.previewSteps }, batch: BATCH };
  const program = previewNetwork(network, { ...options, batchSizes: batchSizesFor(network, request), spinning: false });
  return {
    async make(weights, title, signal) {
      for await (const event of sampleNetwork(program.withWeights(weights), network, config.diffusion, { ...request, signal })) {
        if (event.type === 'samples') return { samples: event.samples, picture: overview(event.samples, classNames, { title }) };
      }
      throw new Error('sampling ended without samples');
    },
    dispose: () => program.dispose(),
  };
}
