/**
 * A trained model: a network's weights with what is needed to use them. As a file it is safetensors with state-dict keys, and the rest as JSON in
 * the metadata, so any safetensors reader can open it.
 */
import { check } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ImageShape } from '../data/dataset.ts';
import { namedArray, readSafetensors, safetensorsChunks, type SafetensorsFile } from '../formats/safetensors.ts';
import { parametersOf, type DenoisingNetwork } from '../models/denoising-network.ts';
import type { Json } from '../train/checkpoint-file.ts';
import { checkComplete, loadStateDict } from '../nn/load-state-dict.ts';
import { layoutParameters, stateDict, type ParameterLayout } from '../nn/parameters.ts';
import { buildNetwork } from './build.ts';
import { parseConfig, type RunConfig } from './config.ts';

export interface Model {
  readonly config: RunConfig;
  readonly shape: ImageShape;
  readonly classNames?: readonly string[];
  readonly network: DenoisingNetwork;
  /** In the order of the network's parameters. */
  readonly weights: Float32Array;
  /** Training steps behind the weights. */
  readonly step: number;
  /** Whether the weights are a moving average. */
  readonly averaged: boolean;
}

export const MODEL_FORMAT = 'noisette model 1';

/** The layout of a network's flat vector: all parameters are trainable. */
export const layoutOf = (network: DenoisingNetwork): ParameterLayout => layoutParameters(parametersOf(network).parameters);

/** The file of a model, piece by piece. */
export function modelChunks({ config, shape, classNames, network, weights, step, averaged }: Model): Uint8Array[] {
  const tensors = stateDict(layoutOf(network), { trainable: weights, frozen: new Float32Array(0) });
  return safetensorsChunks([...tensors].map(([name, value]) => namedArray(name, value)), {
    format: MODEL_FORMAT,
    config: JSON.stringify(config),
    shape: JSON.stringify(shape),
    ...(classNames && { classNames: JSON.stringify(classNames) }),
    step: String(step),
    averaged: String(averaged),
  });
}

/** Opens the file of a model. Throws when it is none, or its weights do not fit the network of its configuration. */
export function modelFromFile(file: SafetensorsFile, where: string): Model {
  const { format, config, shape, classNames, step, averaged } = file.metadata;
  check(format === MODEL_FORMAT, where, () => `holds ${file.entries.size} tensors but no model of ours (its metadata must say format ${JSON.stringify(MODEL_FORMAT)}, and say ${JSON.stringify(format ?? null)})`);
  const described = { shape: JSON.parse(shape) as ImageShape, ...(classNames && { classNames: JSON.parse(classNames) as string[] }) };
  const parsed = parseConfig(JSON.parse(config) as Json, where);
  const network = buildNetwork(parsed, described);
  const layout = layoutOf(network);
  const weights = new Float32Array(layout.trainableSize);
  checkComplete(where, loadStateDict(layout, { trainable: weights, frozen: new Float32Array(0) }, weightsIn(file)));
  return { config: parsed, ...described, network, weights, step: Number(step), averaged: averaged === 'true' };
}

/** The file of a model as bytes: for pages, where a whole file is what can be kept or offered for download. */
export function encodeModel(model: Model): Uint8Array<ArrayBuffer> {
  const chunks = modelChunks(model);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Opens the bytes of a model's file. Throws like {@link modelFromFile}. */
export const decodeModel = (bytes: Uint8Array<ArrayBuffer>, where = 'model'): Model => modelFromFile(readSafetensors(bytes, where), where);

/** Every tensor of a file of weights, by name. */
export const weightsIn = (file: SafetensorsFile): Map<string, Tensor> => new Map([...file.entries.keys()].map((name) => [name, file.float32(name)]));

/** Class numbers of names (or of numbers as text). Throws on one that the model does not have, naming the valid set. */
export function classNumbers({ classNames }: Pick<Model, 'classNames'>, classes: readonly (string | number)[]): number[] {
  check(classNames || classes.length === 0, 'classes', 'this model is unconditional; leave the classes out');
  return classes.map((wanted) => {
    const word = String(wanted);
    const named = classNames!.indexOf(word);
    const number = named >= 0 ? named : /^\d+$/.test(word) ? Number(word) : -1;
    check(number >= 0 && number < classNames!.length, 'classes', () => `unknown class ${JSON.stringify(word)}; one of ${classNames!.join(', ')}, or a number from 0 to ${classNames!.length - 1}`);
    return number;
  });
}
