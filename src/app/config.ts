/**
 * The configuration of a run: plain JSON, the same in a file, on the command line (`--set train.lr=2e-3`), in checkpoints and in the metadata
 * of weights. Everything has a default, so a file says only what differs. What the words stand for is in `choices.ts`.
 */
import * as z from 'zod';
import { check, NoisetteError } from '../core/errors.ts';
import { dataSchema } from './config-data.ts';
import { CLIPPINGS, gridFor, LEVELS, SAMPLERS, scheduleOf, SCHEDULES, WEIGHTINGS, words } from './choices.ts';
import { PREDICTIONS, type Prediction } from '../diffusion/prediction.ts';

const whole = z.int().min(1);
const fraction = z.number().min(0).max(1);
const atLeast0 = z.number().min(0);

const modelSchema = z.strictObject({
  architecture: z.enum(['unet2d', 'mlp']).default('unet2d'),
  /** Heights inside the network (after `patchSize`) at which its levels attend; ignored where the options name block types. */
  attentionAt: z.array(whole).default([]),
  /** Options of the architecture; channels, classes and the size come from the data unless given. */
  options: z.record(z.string(), z.json()).default({}),
});

const diffusionSchema = z.strictObject({
  schedule: z.enum(words(SCHEDULES)).default('cosine'),
  T: whole.default(1000),
  /** Rescales the schedule to end in pure noise. */
  zeroTerminalSnr: z.boolean().default(false),
  prediction: z.enum(PREDICTIONS as readonly [Prediction, ...Prediction[]]).default('v'),
  /** null: the natural one of the prediction, weight 1 on the output. */
  weighting: z.enum(words(WEIGHTINGS)).nullable().default(null),
  /** γ of `min-snr`. */
  gamma: z.number().positive().default(5),
  levels: z.enum(words(LEVELS)).default('uniform'),
  /** Share of examples whose class is withheld, for guidance. */
  conditionDropout: fraction.default(0.1),
});

const trainSchema = z.strictObject({
  steps: whole.default(1000),
  /** Examples a micro-batch. */
  batch: whole.default(64),
  /** Micro-batches a step. */
  accumulation: whole.default(1),
  optimizer: z.enum(['adamw', 'adam']).default('adamw'),
  /** The learning rate after warm-up. */
  lr: z.number().positive().default(1e-3),
  warmup: z.int().min(0).default(100),
  lrDecay: z.enum(['constant', 'linear', 'cosine', 'inverse-sqrt']).default('constant'),
  /** Fraction of `lr` below which it does not fall. */
  lrFloor: fraction.default(0),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: atLeast0.default(0.01),
  /** Largest norm of the gradient; null: no clipping. */
  clip: z.number().positive().nullable().default(1),
  /** Decay of the average of the weights; null: none is kept. */
  ema: fraction.nullable().default(0.999),
  emaWarmup: z.enum(['none', 'ratio', 'inverse-gamma']).default('ratio'),
  emaPower: z.number().positive().default(0.75),
  /** Examples held out for the validation loss; 0: none. */
  validation: z.int().min(0).default(0),
  validationEvery: whole.default(500),
  /** Steps between checkpoints; null: by time only. */
  checkpointEvery: whole.nullable().default(null),
  /** Seconds between checkpoints; null: by steps only. */
  checkpointSeconds: z.number().positive().nullable().default(300),
  checkpointsKept: whole.default(2),
  /** Steps between pictures of samples; null: none. */
  previewEvery: whole.nullable().default(500),
  /** Samples a class, or in all where there are no classes. */
  previewCount: whole.default(4),
  previewSteps: whole.default(20),
  /** Steps in a row whose loss or gradient is not finite, before the run ends. */
  maxSkips: whole.default(5),
});

const sampleSchema = z.strictObject({
  sampler: z.enum(words(SAMPLERS)).default('ddim'),
  steps: whole.default(25),
  spacing: z.enum(['trailing', 'leading', 'linspace', 'uniform', 'karras']).default('trailing'),
  /** unconditional + scale·(conditional − unconditional): 1 is off. */
  guidanceScale: z.number().min(0).default(2),
  /** Guides only where σ lies between; null: everywhere. */
  guidanceInterval: z.tuple([atLeast0, atLeast0]).nullable().default(null),
  /** How the estimate of the data is kept in range. */
  clip: z.enum(words(CLIPPINGS)).default('static'),
  /** η of `ddim`: 0 deterministic, 1 ancestral. */
  eta: fraction.default(0),
});

export const runSchema = z.strictObject({
  /** For people: the preset it came from, a title. */
  name: z.string().default('run'),
  data: dataSchema,
  model: modelSchema.prefault({}),
  diffusion: diffusionSchema.prefault({}),
  train: trainSchema.prefault({}),
  sample: sampleSchema.prefault({}),
  seed: z.int().min(0).default(0),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'wasm']).default('cpu'),
  lowering: z.enum(['fast', 'exact']).default('fast'),
  /** Threads within an operator; null: ONNX Runtime's default, one a physical core. */
  threads: whole.nullable().default(null),
});

/** A complete, checked configuration. */
export type RunConfig = z.output<typeof runSchema>;
/** What a file or a caller gives: everything with a default may be absent. */
export type RunConfigInput = z.input<typeof runSchema>;
export type SampleConfig = RunConfig['sample'];

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keys that the object at `path` may have: those of the parsed defaults there. */
function validKeys(path: readonly PropertyKey[], input: unknown): string[] {
  const kind = isNode(input) && isNode(input.data) ? input.data.kind : 'mnist';
  const minimal = runSchema.safeParse({ data: kind === 'image-folder' ? { kind, folder: '.' } : { kind } });
  let at: unknown = minimal.data;
  for (const key of path) at = isNode(at) ? at[String(key)] : undefined;
  return isNode(at) ? Object.keys(at) : [];
}

function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify([...issue.path, key].join('.'))).join(', ');
    return `unknown setting ${keys}; ${path ? `"${path}" has` : 'there are'} ${validKeys(issue.path, input).join(', ')}`;
  }
  const came = issue.code === 'invalid_union' && isNode(issue.input) ? issue.input.kind : issue.input;
  const got = came === undefined ? 'is missing' : `is ${JSON.stringify(came)}`;
  if (issue.code === 'too_small') return `${path} ${got} but must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `${path} ${got} but must be ${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `${path} ${got}; one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_union' && 'discriminator' in issue) return `${path} ${got}; one of ${DATA_KINDS.join(', ')}`;
  return `${path || 'the configuration'} ${got}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}
const DATA_KINDS = dataSchema.options.map((option) => option.shape.kind.value);

/**
 * Checks a configuration and fills in defaults.
 * @throws NoisetteError naming each setting that is wrong, what it must be, and the valid set
 */
export function parseConfig(input: unknown, where = 'config'): RunConfig {
  const result = runSchema.safeParse(input, { reportInput: true });
  if (!result.success) throw new NoisetteError(`${where}: ${result.error.issues.map((issue) => explain(issue, input)).join('; ')}`);
  const config = result.data;
  const { train, diffusion, sample } = config;
  check(train.lrDecay === 'constant' || train.lrDecay === 'inverse-sqrt' || train.steps > train.warmup, where, `train.lrDecay ${train.lrDecay} needs train.steps (${train.steps}) above train.warmup (${train.warmup})`);
  check(!(diffusion.zeroTerminalSnr && diffusion.prediction === 'epsilon'), where, 'diffusion.prediction epsilon says nothing about the data where no signal is left; with diffusion.zeroTerminalSnr use v or x0');
  check(!sample.guidanceInterval || sample.guidanceInterval[0] < sample.guidanceInterval[1], where, () => `sample.guidanceInterval must rise but is ${sample.guidanceInterval!.join(', ')}`);
  checkGrid(config, sample.steps, where, 'sample.steps');
  if (train.previewEvery !== null) checkGrid(config, train.previewSteps, where, 'train.previewSteps');
  return config;
}

/** Whether sampling can visit so many levels: said before the training, not after it. */
function checkGrid({ sample, diffusion }: RunConfig, steps: number, where: string, name: string): void {
  try {
    gridFor({ ...sample, steps }, scheduleOf(diffusion));
  } catch (error) {
    check(false, where, `${name} ${steps} does not go with sample.spacing ${sample.spacing}: ${(error as Error).message}`);
  }
}
