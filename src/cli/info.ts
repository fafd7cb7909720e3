/** `noisette info`: what is in a run, a checkpoint or a weight file. */
import type { Command } from 'commander';
import { elementsIn, info, type Info } from '../app/info-node.ts';
import { createOutput } from './output.ts';
import { bytes, short } from './style.ts';

export function addInfo(program: Command): void {
  program
    .command('info')
    .description('Says what is in a run, a checkpoint or a weight file.')
    .argument('<path>', 'folder of a run, or a .safetensors file')
    .option('--tensors', 'list every tensor of a file')
    .option('--config', 'print the complete settings')
    .option('--json', 'as one JSON object')
    .addHelpText('after', `
Examples:
  noisette info noisette-runs/digits
  noisette info digits.safetensors --config
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

function describe({ path, kind, model, modelHash, tensors, metadata, checkpoints, lastMetrics }: Info, options: { tensors?: boolean; config?: boolean }): string[] {
  const line = (name: string, text: string): string => `${name.padEnd(12)}${text}`;
  const lines = [line(kind, path)];
  if (model) {
    const { config, shape, classNames } = model;
    const { sample, diffusion, train } = config;
    lines.push(
      line('model', `${config.model.architecture}, ${short(model.weights.length)} parameters, hash ${modelHash}`),
      line('trained', `${model.step} of ${train.steps} steps of ${train.batch * train.accumulation} examples (${config.name})${model.averaged ? '; the weights are a moving average' : ''}`),
      line('draws', `${shape.join('×')}${classNames ? `: ${classNames.length} classes: ${classNames.slice(0, 20).join(', ')}${classNames.length > 20 ? ', …' : ''}` : ', without classes'}`),
      line('diffusion', `${diffusion.schedule}, T ${diffusion.T}, predicts ${diffusion.prediction}`),
      line('sampling', `${sample.sampler}, ${sample.steps} steps, guidance ${sample.guidanceScale}`),
    );
  }
  if (lastMetrics) lines.push(line('loss', `${Number(lastMetrics.emaLoss ?? lastMetrics.loss).toFixed(4)} after step ${lastMetrics.step}`));
  for (const { file, bytes: size } of checkpoints ?? []) lines.push(line('checkpoint', `${file}, ${bytes(size)}`));
  if (tensors) lines.push(line('tensors', `${tensors.length} with ${short(elementsIn(tensors))} elements (${[...new Set(tensors.map(({ dtype }) => dtype))].join(', ')})`));
  if (!model && metadata) for (const [key, value] of Object.entries(metadata)) lines.push(line('metadata', `${key}: ${value.slice(0, 200)}`));
  if (options.tensors) for (const { name, dtype, shape } of tensors ?? []) lines.push(`  ${name}  ${dtype} [${shape.join(', ')}]`);
  if (options.config && model) lines.push(JSON.stringify(model.config, null, 2));
  return lines;
}
