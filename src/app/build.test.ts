import { describe, expect, it } from 'vitest';
import { parametersOf } from '../models/denoising-network.ts';
import { buildNetwork, type DataShape } from './build.ts';
import { parseConfig, type RunConfigInput } from './config.ts';

const build = (model: RunConfigInput['model'], data: DataShape) => buildNetwork(parseConfig({ data: { kind: 'toy' }, model }), data);
const SMALL = { blockOutChannels: [8, 16, 16], layersPerBlock: 1, normNumGroups: 4 };
const namesOf = (...call: Parameters<typeof build>): string[] => parametersOf(build(...call)).parameters.map(({ name }) => name);

describe('buildNetwork', () => {
  it('takes channels, size and classes from the data, one class more for the null class', () => {
    const { config, shape, outChannels, classRows } = build({ options: SMALL }, { shape: [3, 24, 32], classNames: ['cat', 'dog'] });
    expect({ shape, outChannels, classRows }).toEqual({ shape: [3, 24, 32], outChannels: 3, classRows: 3 });
    expect(config.options).toMatchObject({ inChannels: 3, sampleSize: [24, 32], numClassEmbeds: 3 });
    expect(build({ options: SMALL }, { shape: [1, 16, 16] })).toMatchObject({ classRows: null, config: { options: { sampleSize: 16 } } });
    expect(build({ architecture: 'mlp', options: { width: 8 } }, { shape: [2, 1, 1], classNames: ['a'] }).classRows).toBe(2);
  });

  it('attends where it is told to, on the way down and on the way up', () => {
    const data: DataShape = { shape: [1, 32, 32] };
    const attending = namesOf({ attentionAt: [16], options: { ...SMALL, addAttention: false } }, data).filter((name) => name.includes('attentions'));
    expect([...new Set(attending.map((name) => name.split('.').slice(0, 2).join('.')))]).toEqual(['down_blocks.1', 'up_blocks.1']);
    // Heights are those after the stem.
    const halved = namesOf({ attentionAt: [16], options: { ...SMALL, patchSize: 2, addAttention: false } }, data).filter((name) => name.includes('attentions'));
    expect([...new Set(halved.map((name) => name.split('.').slice(0, 2).join('.')))]).toEqual(['down_blocks.0', 'up_blocks.2']);
  });

  it('says which heights and sizes there are', () => {
    expect(() => build({ attentionAt: [12], options: SMALL }, { shape: [1, 32, 32] })).toThrow('model.attentionAt: no level of the network has height 12; they have 32, 16, 8');
    expect(() => build({ options: SMALL }, { shape: [1, 32, 30] })).toThrow(/width 30 must be a multiple of 4 .*; nearest: 28 or 32/);
    expect(() => build({ options: { ...SMALL, patchSize: 2 } }, { shape: [1, 28, 28] })).toThrow(/height 28 must be a multiple of 8 .*; nearest: 24 or 32/);
    expect(() => build({ options: { ...SMALL, blockOutChanels: 1 } }, { shape: [1, 32, 32] })).toThrow(/unknown U-Net option "blockOutChanels"; one of /);
  });
});
