/** A trained classifier as a safetensors file: the weights by their state-dict keys, everything else as text in the metadata. */
import { check } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import { safetensorsChunks, type SafetensorsFile } from '../formats/safetensors.ts';
import { classifierConfig, type ClassifierConfig } from './classifier-config.ts';
import { classifierParameters } from './classifier.ts';

export interface TrainedClassifier {
  readonly name: string;
  readonly config: ClassifierConfig;
  /** Name of class c at position c. */
  readonly classNames: readonly string[];
  /** In the order of the network's parameters. */
  readonly weights: Float32Array;
  /** Whatever else the file should say of it (accuracy, recipe, command), by key. */
  readonly notes: Readonly<Record<string, string>>;
}

export const CLASSIFIER_FORMAT = 'noisette classifier 1';

/** The file, piece by piece. The same classifier gives the same bytes. */
export function classifierChunks({ name, config, classNames, weights, notes }: TrainedClassifier): Uint8Array[] {
  const { parameters, size } = classifierParameters(config);
  const where = 'classifierChunks';
  check(weights.length === size, where, () => `the network has ${size} parameters but ${weights.length} numbers came`);
  check(classNames.length === config.classes, where, () => `the network has ${config.classes} classes but ${classNames.length} names came`);
  const tensors = parameters.map((p) => ({ name: p.name, dtype: 'F32' as const, shape: p.shape, data: weights.subarray(p.offset, p.offset + p.size) }));
  return safetensorsChunks(tensors, { format: CLASSIFIER_FORMAT, name, config: JSON.stringify(config), classNames: JSON.stringify(classNames), ...notes });
}

/**
 * Opens such a file; half-precision weights are read too.
 * @param where what errors call the file
 * @throws when it holds no classifier, or tensors that its configuration does not have or that are of another shape
 */
export function classifierFromFile(file: SafetensorsFile, where: string): TrainedClassifier {
  const { format, name, config: configText, classNames: namesText, ...notes } = file.metadata;
  check(format === CLASSIFIER_FORMAT, where, () => `is no classifier: its metadata must say format ${JSON.stringify(CLASSIFIER_FORMAT)} but say ${JSON.stringify(format ?? null)}`);
  const config = classifierConfig(JSON.parse(configText) as Partial<ClassifierConfig>);
  const classNames = JSON.parse(namesText) as string[];
  check(classNames.length === config.classes, where, () => `names ${classNames.length} classes but the network has ${config.classes}`);
  const { parameters, size } = classifierParameters(config);
  const weights = new Float32Array(size);
  for (const p of parameters) {
    const { shape, data } = file.float32(p.name);
    check(sameShape(shape, p.shape), where, () => `${p.name} is ${showShape(shape)} but the network has ${showShape(p.shape)}`);
    weights.set(data, p.offset);
  }
  const known = new Set(parameters.map((p) => p.name));
  const surplus = [...file.entries.keys()].filter((key) => !known.has(key));
  check(surplus.length === 0, where, () => `has tensors that the network lacks: ${surplus.slice(0, 4).join(', ')}`);
  return { name, config, classNames, weights, notes };
}
