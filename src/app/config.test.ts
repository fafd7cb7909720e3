import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { PRESETS, preset } from './presets.ts';
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
    [{ data: { kind: 'toy' }, train: { lr: -1 } }, /train\.lr is -1: /],
    [{ data: { kind: 'toy' }, train: { steps: 10, warmup: 10, lrDecay: 'cosine' } }, /train\.lrDecay cosine needs train\.steps \(10\) above train\.warmup \(10\)/],
    [{ data: { kind: 'toy' }, diffusion: { zeroTerminalSnr: true, prediction: 'epsilon' } }, /use v or x0/],
  ])('refuses %j', (input, message) => {
    expect(() => parseConfig(input)).toThrow(message);
  });
});

describe('settings', () => {
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
