/** Trains on two interlocking half moons and draws new points: `npm run build && node examples/train-toy.ts`, with Node 22.18 or newer. */
import { writeFile } from 'node:fs/promises';
import { encodePng, overview, preset, sampleToEnd, train } from 'noisette';

for await (const event of train(preset('toy'))) {
  if (event.type === 'step' && event.step % 250 === 0) console.log(`step ${event.step}: loss ${event.emaLoss.toFixed(3)}`);
  if (event.type === 'model-saved') {
    const samples = await sampleToEnd(event.model, { count: 500 });
    await writeFile('moons.png', encodePng(overview(samples, event.model.classNames)));
  }
}
