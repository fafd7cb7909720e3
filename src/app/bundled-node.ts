/** Models that come with the package, in its folder `models/`, by name. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Weights of classifiers, which draw nothing. */
const NOT_MODELS = /classifier/;

const folder = (): string => fileURLToPath(new URL('../../models/', import.meta.url));

/** The names of the bundled models. */
export function bundledModels(): string[] {
  try {
    return readdirSync(folder()).filter((name) => name.endsWith('.safetensors') && !NOT_MODELS.test(name)).map((name) => name.slice(0, -'.safetensors'.length));
  } catch {
    return [];
  }
}

/** Where the bundled model of that name is; undefined when there is none. */
export const bundledModel = (name: string): string | undefined => (bundledModels().includes(name) ? `${folder()}${name}.safetensors` : undefined);
