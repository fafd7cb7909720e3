/** The whole U-Net, forward and gradient, against diffusers' UNet2DModel under PyTorch: every case of that class in the goldens, both lowerings. */
import { describe, expect, test } from 'vitest';
import { grad } from '../../src/graph/grad.ts';
import { createGraph } from '../../src/graph/graph.ts';
import { lower } from '../../src/graph/lower/lower.ts';
import { mul, reduceMean, reshape } from '../../src/graph/ops/index.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { unet2dConfigFromDiffusers, unet2dConfigToDiffusers } from '../../src/interop/diffusers.ts';
import { unet2d } from '../../src/models/unet.ts';
import { trace } from '../../src/nn/network.ts';
import { timeFeatures } from '../../src/nn/time-features.ts';
import { compile } from '../../src/runtime/program.ts';
import { goldenJson, goldenTensors, hasGolden } from './golden-files.ts';

interface Case { id: string; cls: string; configJson: string; weights: string; file: string; gradMaxAbs: number; gradNormMax: number; gradNorms: Record<string, number> }
const cases = hasGolden('diffusers_models') ? goldenJson<{ cases: Case[] }>('diffusers_models/manifest.json').cases.filter((c) => c.cls === 'UNet2DModel') : [];

const largest = (values: ArrayLike<number>): number => { let m = 0; for (let i = 0; i < values.length; i++) m = Math.max(m, Math.abs(values[i])); return m; };
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number => { let m = 0; for (let i = 0; i < b.length; i++) m = Math.max(m, Math.abs(a[i] - b[i])); return m; };

describe.skipIf(cases.length === 0).each(cases.flatMap((c) => (['exact', 'fast'] as const).map((mode) => [`${c.id}, ${mode}`, c, mode] as const)))('%s', (_, golden, mode) => {
  test('parameters have its names, the output and the gradients its values', async () => {
    const json = goldenJson<Record<string, unknown>>(golden.configJson);
    const config = unet2dConfigFromDiffusers(json);
    expect(unet2dConfigToDiffusers(config)).toMatchObject(Object.fromEntries(Object.entries(json).filter(([key]) => !key.startsWith('_'))));
    const weights = goldenTensors(golden.weights);
    const io = goldenTensors(golden.file);

    const graph = createGraph();
    const x = graph.input('x', io.float32('x').shape);
    const time = graph.input('time', [x.shape[0], config.blockOutChannels[0]]);
    const classLabels = config.numClassEmbeds === null ? undefined : graph.input('classLabels', [x.shape[0]], 'int32');
    const { scope, parameters, values } = trace(graph, { kind: 'inputs' });
    const out = unet2d(scope, config, { x, time, classLabels });
    expect(parameters.map((p) => p.name).sort()).toEqual([...weights.entries.keys()].sort());

    const r = graph.input('r', out.shape);
    const loss = reduceMean(reshape(mul(out, r), [sizeOf(out.shape)]), [0]);
    const gradients = grad(loss, values);
    const outputs = { out, loss, ...Object.fromEntries(parameters.map((p, i) => [`grad/param/${p.name}`, gradients[i]])) };
    const program = await compile(lower(outputs, { device: 'cpu', mode }), { device: 'cpu' });
    const features = timeFeatures(Array.from(io.tensor('t').data as ArrayLike<number>, Number), { width: config.blockOutChannels[0], flipSinToCos: config.flipSinToCos, frequencyShift: config.freqShift });
    const feeds: Record<string, Float32Array | Int32Array> = { x: io.float32('x').data, r: io.float32('grad/r').data, time: features };
    if (classLabels) feeds.classLabels = io.tensor('class_labels').data as Int32Array;
    for (const p of parameters) feeds[p.name] = weights.float32(p.name).data;
    const results = (await program.run(feeds)) as Record<string, Float32Array>;
    await program.dispose();

    const expected = io.float32('out').data;
    expect(difference(results.out, expected) / largest(expected), 'out').toBeLessThan(mode === 'exact' ? 2e-5 : 2e-4);
    expect(Math.abs(results.loss[0] / io.float32('grad/loss').data[0] - 1), 'loss').toBeLessThan(1e-5);
    // The manifest has one tolerance for gradients; the fast lowering meets it too.
    let compared = 0;
    for (const key of io.entries.keys()) {
      if (!key.startsWith('grad/param/')) continue;
      const reference = io.float32(key).data;
      expect(difference(results[key], reference), key).toBeLessThanOrEqual(1e-4 * largest(reference) + 1e-6 * golden.gradMaxAbs);
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
    for (const { name } of parameters) {
      const norm = Math.hypot(...results[`grad/param/${name}`]);
      expect(Math.abs(norm - golden.gradNorms[name]), `norm of ${name}`).toBeLessThanOrEqual(1e-4 * golden.gradNorms[name] + 1e-6 * golden.gradNormMax);
    }
  });
});
