/** Trains the digit classifier and writes its file. The same seed gives the same file. See README.md beside this. */
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { createLoader } from '../../src/data/loader.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { mnistDataFolder } from '../../src/data/mnist-data-node.ts';
import { loadMnist } from '../../src/data/mnist-node.ts';
import { randomAffine } from '../../src/data/random-affine.ts';
import { split } from '../../src/data/split.ts';
import { accuracyOf } from '../../src/evaluate/accuracy.ts';
import { classifierExtractor } from '../../src/evaluate/classifier-features.ts';
import { writeFileAtomic } from '../../src/formats/atomic-file-node.ts';
import { classifierChunks, type TrainedClassifier } from '../../src/models/classifier-file.ts';
import { classifierParameters } from '../../src/models/classifier.ts';
import { initialize } from '../../src/nn/initializer.ts';
import { classifierProgram } from '../../src/train/classifier-program.ts';
import { hostExecutor } from '../../src/train/executor.ts';
import { train } from '../../src/train/loop.ts';
import { lrSchedule } from '../../src/train/lr-schedule.ts';
import { layoutParameters } from '../../src/nn/parameters.ts';
import { initialState } from '../../src/train/state.ts';
import { CONFIG, RECIPE } from './recipe.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'models/digit-classifier.safetensors' },
    epochs: { type: 'string', default: String(RECIPE.epochs) },
    threads: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed);
const threads = Number(values.threads);
const epochs = Number(values.epochs);

const whole = await loadMnist(mnistDataFolder(), 'train');
const parts = split(whole, { seed, count: RECIPE.heldOut });
const loader = createLoader(parts.train, { seed, batchSize: RECIPE.batch, augment: [randomAffine(RECIPE.augment)] });
const steps = Math.ceil((parts.train.length * epochs) / RECIPE.batch);

const { parameters, size } = classifierParameters(CONFIG);
const program = await classifierProgram(CONFIG, RECIPE.batch, { device: 'cpu', threads, smoothing: RECIPE.labelSmoothing });
const state = initialState({ layout: layoutParameters(parameters), weights: initialize(parameters, size, seed), ema: true });
const executor = hostExecutor(program, state, { optimizer: RECIPE.optimizer, ema: RECIPE.ema });
console.log(`${size} parameters, ${parts.train.length} examples, ${steps} steps of ${RECIPE.batch}`);

/** Share of a dataset that the averaged weights read right. */
async function accuracyOn(dataset: Dataset, classifier: TrainedClassifier): Promise<number> {
  const extractor = classifierExtractor(classifier, { device: 'cpu', threads });
  const images = new Float32Array(dataset.length * 784);
  for (let i = 0; i < dataset.length; i++) dataset.get(i, images.subarray(i * 784, (i + 1) * 784));
  const { logits } = await extractor.classify(images, dataset.length);
  await extractor.dispose();
  return accuracyOf(logits, Int32Array.from({ length: dataset.length }, (_, i) => dataset.label(i))).accuracy;
}
const averaged = async (notes: Record<string, string>): Promise<TrainedClassifier> =>
  ({ name: 'digit-classifier', config: CONFIG, classNames: whole.classNames!, weights: (await executor.snapshot()).model.ema!, notes });

const perEpoch = Math.ceil(parts.train.length / RECIPE.batch);
const loop = train({
  executor, steps, batchSize: RECIPE.batch,
  learningRate: lrSchedule({ ...RECIPE.learningRate, totalSteps: steps }),
  batchAt: (step) => {
    const { x0, labels } = loader.batch(step);
    return { x: x0, labels };
  },
  preview: { everySteps: perEpoch, make: async () => accuracyOn(parts.validation, await averaged({})) },
});
for await (const event of loop) {
  if (event.type === 'step' && event.step % 50 === 0) console.log(`step ${event.step}  loss ${event.emaLoss.toFixed(4)}  ${event.imagesPerSecond.toFixed(0)} images/s  ${event.etaSeconds.toFixed(0)} s left`);
  if (event.type === 'preview') console.log(`epoch ${(event.step / perEpoch).toFixed(0)}: ${(100 * event.preview).toFixed(2)} % of the ${RECIPE.heldOut} held-out digits read right`);
  if (event.type === 'done') console.log(`${event.seconds.toFixed(0)} s`);
}

const heldOutAccuracy = await accuracyOn(parts.validation, await averaged({}));
const testAccuracy = await accuracyOn(await loadMnist(mnistDataFolder(), 'test'), await averaged({}));
const chunks = classifierChunks(await averaged({
  architecture: 'classifier',
  heldOutAccuracy: String(heldOutAccuracy),
  testAccuracy: String(testAccuracy),
  recipe: JSON.stringify({ ...RECIPE, epochs, seed }),
  command: `npm run train:digit-classifier${seed ? ` -- --seed ${seed}` : ''}`,
}));
await executor.dispose();
await writeFileAtomic(resolve(values.out), chunks);
const sha256 = chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex');
console.log(JSON.stringify({ file: values.out, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), sha256, parameters: size, steps, heldOutAccuracy, testAccuracy }));
