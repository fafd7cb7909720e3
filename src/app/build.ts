/** From a configuration and the shape of the data to a network: fills in what the data decides and turns `attentionAt` into block types. */
import { check } from '../core/errors.ts';
import type { ImageShape } from '../data/dataset.ts';
import { denoisingNetwork, type DenoisingNetwork } from '../models/denoising-network.ts';
import { UNET_2D_DEFAULTS } from '../models/unet-config.ts';
import type { RunConfig } from './config.ts';

/** What a network is made for. */
export interface DataShape {
  readonly shape: ImageShape;
  /** Absent: the examples have no classes. */
  readonly classNames?: readonly string[];
}

type Options = Readonly<Record<string, unknown>>;

/** The network of a configuration for such data. With classes its table has one row more, the null class. */
export function buildNetwork({ model }: Pick<RunConfig, 'model'>, { shape, classNames }: DataShape): DenoisingNetwork {
  const classes = classNames ? { numClassEmbeds: classNames.length + 1 } : {};
  const fill = model.architecture === 'unet2d' ? unetOptions : (options: Options): Options => options;
  return denoisingNetwork(model.architecture, { ...classes, ...fill(model.options, model.attentionAt, shape) }, shape);
}

function unetOptions(options: Options, attentionAt: readonly number[], [channels, height, width]: ImageShape): Options {
  const { patchSize, blockOutChannels } = { ...UNET_2D_DEFAULTS, ...options } as typeof UNET_2D_DEFAULTS;
  const levels = Array.isArray(blockOutChannels) ? blockOutChannels.length : 0;
  const heights = Array.from({ length: levels }, (_, level) => height / patchSize / 2 ** level);
  const named = options.downBlockTypes !== undefined || options.upBlockTypes !== undefined;
  // A size that the levels do not divide is refused by the network itself, with the sizes that work.
  const whole = heights.every(Number.isInteger);
  for (const at of attentionAt) check(named || !whole || heights.includes(at), 'model.attentionAt', () => `no level of the network has height ${at}; they have ${heights.join(', ')}; set it to some of these, or to []`);
  const attends = heights.map((h) => attentionAt.includes(h));
  return {
    inChannels: channels,
    outChannels: channels,
    sampleSize: height === width ? height : [height, width],
    downBlockTypes: attends.map((a) => (a ? 'AttnDownBlock2D' : 'DownBlock2D')),
    upBlockTypes: attends.map((a) => (a ? 'AttnUpBlock2D' : 'UpBlock2D')).reverse(),
    ...options,
  };
}
