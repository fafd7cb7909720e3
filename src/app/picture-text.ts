/**
 * What a picture says of itself: text chunks of a PNG file, for people one by one, and as one JSON record from which the same picture can be made again.
 */
import * as z from 'zod';
import { check, NoisetteError } from '../core/errors.ts';

/** The keyword of the record. */
export const RECIPE = 'noisette';

const recipeSchema = z.object({
  version: z.string(),
  /** Path of the model as it was given, and the hash of its weights. */
  model: z.string(),
  modelHash: z.string(),
  seed: z.int(),
  /** Names, one a sample; null: unconditional. */
  classes: z.array(z.string()).nullable(),
  /** Samples in all, and at once. */
  count: z.int().min(1),
  batch: z.int().min(1),
  /** For a picture of one sample: which. null: a grid of all. */
  index: z.int().min(0).nullable(),
  settings: z.record(z.string(), z.json()),
  lowering: z.enum(['fast', 'exact']),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'wasm']),
  threads: z.int().nullable(),
  title: z.string().nullable(),
});
export type PictureRecipe = z.output<typeof recipeSchema>;

/** Keyword → text for `encodePng`. */
export function recipeText(recipe: PictureRecipe): Record<string, string> {
  const { version, modelHash, seed, classes, index, settings } = recipe;
  const shown = index === null ? [...new Set(classes ?? [])] : classes ? [classes[index]] : [];
  return {
    Software: `Noisette ${version}`,
    ...(shown.length && { classes: shown.join(', ') }),
    seed: String(seed),
    ...(index !== null && { sample: String(index) }),
    sampler: String(settings.sampler),
    steps: String(settings.steps),
    'guidance scale': String(settings.guidanceScale),
    'model hash': modelHash,
    [RECIPE]: JSON.stringify(recipe),
  };
}

/** The recipe in a picture's texts. Throws when there is none, or it is damaged. */
export function recipeFrom(text: ReadonlyMap<string, string>, where: string): PictureRecipe {
  const record = text.get(RECIPE);
  check(record !== undefined, where, () => `carries no recipe (text chunk ${JSON.stringify(RECIPE)}); it has ${[...text.keys()].join(', ') || 'no text'}. Some programs drop text when they save a picture`);
  try {
    return recipeSchema.parse(JSON.parse(record));
  } catch (error) {
    throw new NoisetteError(`${where}: its recipe is damaged: ${(error as Error).message.split('\n')[0]}`);
  }
}
