import { describe, expect, it } from 'vitest';
import { initialize } from '../nn/initializer.ts';
import { parametersOf } from '../models/denoising-network.ts';
import { buildNetwork } from './build.ts';
import { parseConfig } from './config.ts';
import { classNumbers, decodeModel, encodeModel, type Model } from './model.ts';
import { readSafetensors, safetensorsChunks } from '../formats/safetensors.ts';

const config = parseConfig({ data: { kind: 'toy', name: 'moons' }, model: { architecture: 'mlp', options: { width: 8, layers: 1 } } });
const described = { shape: [2, 1, 1] as const, classNames: ['upper', 'lower'] };
const network = buildNetwork(config, described);
const { parameters, size } = parametersOf(network);
const model: Model = { config, ...described, network, weights: initialize(parameters, size, 7), step: 12, averaged: true };

describe('a model as a file', () => {
  it('comes back as it was, with state-dict keys', () => {
    const bytes = encodeModel(model);
    const { network: _, ...back } = decodeModel(bytes);
    const { network: __, ...rest } = model;
    expect(back).toEqual(rest);
    expect(readSafetensors(bytes).float32('class_embedding.weight').shape).toEqual([3, 8]);
  });

  it('is refused when it is something else, or cut off', () => {
    const bytes = encodeModel(model);
    expect(() => decodeModel(bytes.slice(0, bytes.length - 4), 'x.safetensors')).toThrow(/^x\.safetensors: /);
    const other = safetensorsChunks([{ name: 'w', dtype: 'F32', shape: [1], data: Float32Array.of(1) }], { format: 'pt' });
    const joined = new Uint8Array(other.flatMap((chunk) => Array.from(chunk)));
    expect(() => decodeModel(joined, 'w.safetensors')).toThrow('w.safetensors: holds 1 tensors but no model of ours (its metadata must say format "noisette model 1", and say "pt")');
  });
});

describe('classes', () => {
  it('are asked for by name or number', () => expect(classNumbers(model, ['lower', 0, '1'])).toEqual([1, 0, 1]));
  it('prefer names that look like numbers', () => expect(classNumbers({ classNames: ['7', '3'] }, ['3', '0'])).toEqual([1, 0]));
  it('are refused by the valid set', () => {
    expect(() => classNumbers(model, ['middle'])).toThrow('classes: unknown class "middle"; one of upper, lower, or a number from 0 to 1');
    expect(() => classNumbers(model, [2])).toThrow('unknown class "2"');
    expect(() => classNumbers({}, ['cat'])).toThrow('this model is unconditional; leave the classes out');
  });
});
