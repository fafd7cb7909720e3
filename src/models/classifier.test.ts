import { describe, expect, it } from 'vitest';
import { createStream } from '../core/rng.ts';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { evaluate } from '../graph/evaluate.ts';
import { initialize } from '../nn/initializer.ts';
import { classifierConfig, lastSize } from './classifier-config.ts';
import { classifierChunks, classifierFromFile, type TrainedClassifier } from './classifier-file.ts';
import { classifierParameters, traceClassifier } from './classifier.ts';

const config = classifierConfig({ shape: [1, 7, 9], classes: 4, stageChannels: [4, 8], blocksPerStage: 2, featureWidth: 6, normGroups: 2 });
const { parameters, size } = classifierParameters(config);
const weights = initialize(parameters, size, 5);
const trained: TrainedClassifier = { name: 'test', config, classNames: ['a', 'b', 'c', 'd'], weights, notes: { accuracy: '0.5' } };
const joined = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(chunks));

describe('the network', () => {
  it('has as many parameters as its formula says', () => {
    const conv = (from: number, to: number): number => 9 * from * to + 3 * to; // kernel, bias, norm's scale and offset
    expect(size).toBe(conv(1, 4) + 2 * conv(4, 4) + conv(4, 8) + 2 * conv(8, 8) + (8 * 6 + 6) + (6 * 4 + 4));
    expect(classifierParameters(classifierConfig()).size).toBe(296_234);
    expect(lastSize([1, 28, 28], 3)).toEqual([4, 4]);
    expect(lastSize([1, 7, 9], 2)).toEqual([2, 3]);
  });

  it('reads an example the same way whatever else is in the batch', () => {
    const pictures = createStream({ seed: 1, purpose: 'test' }).normals(new Float32Array(3 * 63));
    const read = (batch: number, x: Float32Array): number[] => {
      const { features, logits } = traceClassifier(config, batch, { kind: 'constants', flat: weights });
      return evaluate([features, logits], { x }, 'double').flatMap(({ data, shape }) => Array.from((data as Float32Array).subarray(0, shape[1])));
    };
    const alone = read(1, pictures.subarray(0, 63));
    read(3, pictures).forEach((v, i) => expect(v).toBeCloseTo(alone[i], 12));
  });

  it('refuses configurations that cannot be', () => {
    expect(() => classifierConfig({ stageChannels: [12] })).toThrow('classifier: normGroups 8 does not divide 12 channels');
    expect(() => classifierConfig({ stages: 2 } as object)).toThrow(/unknown classifier option "stages"; one of shape, classes/);
    expect(() => classifierConfig({ classes: 1 })).toThrow('classes must be an integer from 2 but is 1');
    expect(() => classifierConfig({ shape: [1, 2, 2], stageChannels: [8, 8], normGroups: 8 })).toThrow(/leave a single pixel/);
  });
});

describe('the file', () => {
  it('gives back what was written, and the same bytes for the same classifier', () => {
    const bytes = joined(classifierChunks(trained));
    expect(classifierFromFile(readSafetensors(bytes), 'file')).toEqual(trained);
    expect(joined(classifierChunks(trained))).toEqual(bytes);
  });

  it('refuses what is no classifier, and weights that do not fit', () => {
    const { entries, metadata, float32 } = readSafetensors(joined(classifierChunks(trained)));
    const tensors = [...entries].map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape, data: float32(name).data }));
    const open = (change: { metadata?: Record<string, string>; tensors?: typeof tensors }) => () =>
      classifierFromFile(readSafetensors(writeSafetensors(change.tensors ?? tensors, { ...metadata, ...change.metadata })), 'file');
    expect(open({ metadata: { format: 'other' } })).toThrow('file: is no classifier: its metadata must say format "noisette classifier 1" but say "other"');
    expect(open({ metadata: { classNames: '["a"]' } })).toThrow('file: names 1 classes but the network has 4');
    expect(open({ tensors: tensors.slice(1) })).toThrow(/has no tensor "stages.0.down.conv.weight"/);
    expect(open({ tensors: [...tensors, { ...tensors[0], name: 'more' }] })).toThrow('file: has tensors that the network lacks: more');
    expect(open({ tensors: tensors.map((t) => (t.name === 'logits.bias' ? { ...t, shape: [2, 2] } : t)) })).toThrow('file: logits.bias is [2, 2] but the network has [4]');
  });
});
