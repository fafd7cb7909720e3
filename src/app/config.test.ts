import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { forSteps, PRESETS, preset } from './presets.ts';
import { mergeSettings, parseSetting } from './settings.ts';

describe('configuration', () => {
  it('fills in defaults', () => {
    const config = parseConfig({ data: { kind: 'mnist' } });
    expect(config).toMatchObject({ data: { size: 32 }, diffusion: { prediction: 'v' }, train: { ema: 0.999 }, sample: { sampler: 'ddim' }, seed: 0 });
  });

  it.each(Object.keys(PRESETS))('the preset %s is valid and stays what it is through JSON', (name) => {
    const config = parseConfig(preset(name));
    expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it.each([
    [{ data: { kind: 'toy' }, sample: { sampler: 'heum' } }, 'config: sample.sampler is "heum"; one of ddim, ddpm, ddpm-large, euler, heun, dpm++'],
    [{ data: { kind: 'toy' }, train: { lrr: 1 } }, /unknown setting "train\.lrr"; "train" has steps, batch, .*lr, /],
    [{ data: { kind: 'cifar' } }, /data\.kind is "cifar"; one of mnist, image-folder, toy, shapes/],
    [{ data: { kind: 'image-folder' } }, /data\.folder is missing/],
    [{ data: { kind: 'toy', folder: 'x' } }, /unknown setting "data\.folder"; "data" has kind, name, count/],
    [{ data: { kind: 'toy' }, train: { lr: -1 } }, 'config: train.lr is -1 but must be above 0'],
    [{ data: { kind: 'toy' }, train: { steps: 0 } }, 'config: train.steps is 0 but must be at least 1'],
    [{ data: { kind: 'toy' }, train: { ema: 1.5 } }, 'config: train.ema is 1.5 but must be at most 1'],
    [{ data: { kind: 'toy' }, sample: { steps: 1001 } }, /sample\.steps 1001 does not go with sample\.spacing trailing: .*at most 1000/],
    [{ data: { kind: 'toy' }, sample: { steps: 1, spacing: 'karras' }, train: { previewEvery: null } }, /sample\.steps 1 does not go with sample\.spacing karras/],
    [{ data: { kind: 'toy' }, diffusion: { T: 10 }, sample: { steps: 5 }, train: { previewSteps: 11 } }, /train\.previewSteps 11 does not go with/],
    [{ data: { kind: 'toy' }, sample: { guidanceInterval: [2, 1] } }, /guidanceInterval must rise but is 2, 1/],
    [{ data: { kind: 'toy' }, train: { steps: 10, warmup: 10, lrDecay: 'cosine' } }, /train\.lrDecay cosine needs train\.steps \(10\) above train\.warmup \(10\)/],
    [{ data: { kind: 'toy' }, diffusion: { zeroTerminalSnr: true, prediction: 'epsilon' } }, /use v or x0/],
  ])('refuses %j', (input, message) => {
    expect(() => parseConfig(input)).toThrow(message);
  });
});

describe('forSteps', () => {
  it('keeps the warm-up within a tenth of fewer steps, and nothing else', () => {
    expect(forSteps(preset('digits-quick'), undefined)).toEqual(preset('digits-quick'));
    const { train } = preset('digits-quick');
    expect(forSteps(preset('digits-quick'), 30)).toEqual({ ...preset('digits-quick'), train: { ...train, steps: 30, warmup: 3 } });
    expect(forSteps(preset('digits-quick'), 100_000).train).toEqual({ ...train, steps: 100_000 });
    for (const name of Object.keys(PRESETS)) for (const steps of [1, 3, 30]) expect(parseConfig(forSteps(preset(name), steps)).train.steps).toBe(steps);
  });
});

describe('settings', () => {
  it('takes no options over to another architecture', () => {
    expect(mergeSettings({ model: { architecture: 'unet2d', options: { patchSize: 2 } } }, { model: { architecture: 'mlp' } })).toEqual({ model: { architecture: 'mlp' } });
    expect(mergeSettings({ model: { architecture: 'mlp', options: { width: 2 } } }, { model: { options: { layers: 3 } } })).toEqual({ model: { architecture: 'mlp', options: { width: 2, layers: 3 } } });
  });


  it('merges deeply, replacing lists and other kinds of data', () => {
    const merged = mergeSettings({ data: { kind: 'mnist', size: 28 }, model: { options: { blockOutChannels: [1, 2, 3], dropout: 0 } } }, { data: { kind: 'toy' }, model: { options: { blockOutChannels: [4] } } });
    expect(merged).toEqual({ data: { kind: 'toy' }, model: { options: { blockOutChannels: [4], dropout: 0 } } });
  });

  it.each([
    ['train.lr=2e-3', { train: { lr: 0.002 } }],
    ['model.options.blockOutChannels=[32,64]', { model: { options: { blockOutChannels: [32, 64] } } }],
    ['data.folder=/a=b', { data: { folder: '/a=b' } }],
    ['train.ema=null', { train: { ema: null } }],
    ['name=', { name: '' }],
  ])('reads %s', (text, value) => expect(parseSetting(text)).toEqual(value));

  it.each(['train.lr', '=1', '__proto__.x=1', 'a..b=1'])('refuses %s', (text) => expect(() => parseSetting(text)).toThrow('needs path=value'));
});
