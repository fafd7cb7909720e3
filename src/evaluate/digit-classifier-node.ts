/** The digit classifier that comes with the package: handwritten digits 0 to 9, trained by `runs/digit-classifier`. */
import { readSafetensors } from '../formats/safetensors.ts';
import { loadSafetensors } from '../formats/safetensors-node.ts';
import { classifierFromFile } from '../models/classifier-file.ts';
import { fileURLToPath } from 'node:url';
import { classifierExtractor, type ClassifierExtractor, type ClassifierExtractorOptions } from './classifier-features.ts';

/** The committed weights: beside `src/` in the repository, beside `dist/` in an installed package. */
export const digitClassifierPath = (): string => fileURLToPath(new URL('../../models/digit-classifier.safetensors', import.meta.url));

/**
 * Opens the digit classifier (or any classifier file). It takes grey pictures in [−1, 1], white on black as MNIST has them, 28×28 or padded evenly
 * to 32×32.
 * @param source a path, or the bytes of the file; the committed weights unless given
 * @throws when the file cannot be read or holds no classifier
 */
export async function loadDigitClassifier(source: string | Uint8Array<ArrayBuffer> = digitClassifierPath(), options: ClassifierExtractorOptions = {}): Promise<ClassifierExtractor> {
  const file = typeof source === 'string' ? await loadSafetensors(source) : readSafetensors(source, 'classifier');
  return classifierExtractor(classifierFromFile(file, typeof source === 'string' ? source : 'classifier'), options);
}
