/** `noisette info`: what is in a run, a checkpoint, a weight file, or a picture. */
import type { Command } from 'commander';
import { elementsIn, info, type Info, type PictureInfo } from '../app/info-node.ts';
import type { Model } from '../app/model.ts';
import { showHolder } from '../app/run-lock-node.ts';
import { createOutput } from './output.ts';
import { bytes, short } from './style.ts';

export function addInfo(program: Command): void {
  program
    .command('info')
    .description('Says what is in a run, a checkpoint, a weight file, or a picture drawn here.')
    .argument('<path>', 'folder of a run, a .safetensors file, a bundled model, or a PNG')
    .option('--tensors', 'list every tensor of a file')
    .option('--config', 'print the complete settings')
    .option('--json', 'as one JSON object')
    .addHelpText('after', `
Examples:
  noisette info noisette-runs/digits
  noisette info digits.safetensors --config
  noisette info samples.png
  noisette info diffusion_pytorch_model.safetensors --tensors`)
    .action(async (path: string, options: { tensors?: boolean; config?: boolean; json?: boolean }) => {
      const found = await info(path);
      createOutput(options).result(asJson(found), describe(found, options).join('\n'));
    });
}

function asJson({ model, ...rest }: Info): Record<string, unknown> {
  if (!model) return rest;
  const { config, shape, classNames, step, averaged, weights } = model;
  return { ...rest, step, averaged, parameters: weights.length, shape, classNames, config };
}

const line = (name: string, text: string): string => `${name.padEnd(12)}${text}`;
const some = (names: readonly string[]): string => `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`;

function describe({ path, kind, model, modelHash, tensors, metadata, checkpoints, lastMetrics, training, picture }: Info, options: { tensors?: boolean; config?: boolean }): string[] {
  const lines = [line(kind === 'model' ? 'file' : kind, path)];
  if (model) lines.push(...describeModel(model, modelHash));
  if (picture) lines.push(...describePicture(picture, path));
  if (training) lines.push(line('training', `now, by ${showHolder(training)}`));
  if (lastMetrics) lines.push(line('loss', `${Number(lastMetrics.emaLoss ?? lastMetrics.loss).toFixed(4)} after step ${lastMetrics.step}`));
  for (const { file, bytes: size } of checkpoints ?? []) lines.push(line('checkpoint', `${file}, ${bytes(size)}`));
  if (tensors) lines.push(line('tensors', `${tensors.length} with ${short(elementsIn(tensors))} elements (${[...new Set(tensors.map(({ dtype }) => dtype))].join(', ')})`));
  if (!model && metadata) for (const [key, value] of Object.entries(metadata)) lines.push(line('metadata', `${key}: ${value.slice(0, 200)}`));
  if (options.tensors) for (const { name, dtype, shape } of tensors ?? []) lines.push(`  ${name}  ${dtype} [${shape.join(', ')}]`);
  if (options.config && model) lines.push(JSON.stringify(model.config, null, 2));
  return lines;
}

function describeModel({ config, shape, classNames, weights, step, averaged }: Model, hash = ''): string[] {
  const { sample, diffusion, train, name } = config;
  return [
    line('model', `${config.model.architecture}, ${short(weights.length)} parameters, hash ${hash}`),
    line('trained', `${step} of ${train.steps} steps of ${train.batch * train.accumulation} examples (${name})${averaged ? '; the weights are a moving average' : ''}`),
    line('draws', `${shape.join('×')}${classNames ? `, ${classNames.length} classes: ${some(classNames)}` : ', without classes'}`),
    line('diffusion', `${diffusion.schedule}, T ${diffusion.T}, predicts ${diffusion.prediction}`),
    line('sampling', `${sample.sampler}, ${sample.steps} steps${classNames ? `, guidance ${sample.guidanceScale}` : ''}`),
  ];
}

function describePicture({ width, height, recipe, text }: PictureInfo, path: string): string[] {
  const size = line('size', `${width}×${height}`);
  if (!recipe) return [size, ...Object.entries(text).map(([key, value]) => line('text', `${key}: ${value.slice(0, 200)}`))];
  const { settings, classes, index, count, seed, model, modelHash, version } = recipe;
  const names = [...new Set(index === null ? classes : classes && [classes[index]])];
  return [
    size,
    line('drawn by', `${model}, hash ${modelHash}, Noisette ${version}`),
    line('shows', `${index === null ? `${count} samples` : `sample ${index} of ${count}`}${names.length ? `: ${some(names)}` : ''}; seed ${seed}`),
    line('sampling', `${String(settings.sampler)}, ${String(settings.steps)} steps${classes ? `, guidance ${String(settings.guidanceScale)}` : ''}`),
    line('again', `npx noisette sample --from ${path}`),
  ];
}
