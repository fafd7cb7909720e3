/** Shows the events of a training run: a live block with the latest preview and a progress line in a terminal, lines elsewhere, JSON for machines. */
import { bar, bold, bytes, duration, quiet, rate, short } from './style.ts';
import type { TrainEvent } from '../app/train-node.ts';
import { isPoint, picturesOf } from '../app/pictures.ts';
import { enlarge, type Picture } from '../formats/picture.ts';
import { halfBlocks } from './half-blocks.ts';
import type { JsonEvent, Output } from './output.ts';

/** Seconds between plain lines of progress, and between redrawings of a terminal. */
const PLAIN_EVERY = 5;
const LIVE_EVERY = 0.1;

/** Makes the function that is given every event of a run. */
export function trainDisplay(output: Output, { steps }: { steps: number }): (event: TrainEvent) => void {
  let previewLines: readonly string[] = [];
  let progress = '';
  let lastShown = 0;
  const now = (): number => performance.now() / 1000;
  const fact = (name: string, text: string): void => output.line(output.mode === 'terminal' ? `  ${quiet(name.padEnd(10))} ${text.replaceAll('\n', `\n${' '.repeat(13)}`)}` : `${name}: ${text}`);
  const redraw = (): void => output.live([...previewLines, progress]);

  return (event) => {
    output.event(asJson(event));
    switch (event.type) {
      case 'data':
        return fact('data', `${event.examples.toLocaleString('en')} examples of ${event.shape.join('×')}${event.classNames ? `, ${event.classNames.length} classes` : ''}${event.heldOut ? `; ${event.heldOut} held out` : ''}`);
      case 'model':
        return fact('model', `${event.architecture}, ${short(event.parameters)} parameters, on ${event.device}`);
      case 'memory':
        return fact('memory', `about ${bytes(event.totalBytes)} while training`);
      case 'weights':
        return fact('weights', `${event.from}: ${event.message.replaceAll('\n', '; ')}`);
      case 'notice':
        return fact('note', event.message);
      case 'start':
        if (event.resumed) fact('resume', `from step ${event.step}`);
        return;
      case 'step': {
        const at = now();
        if (output.mode === 'plain' && (at - lastShown >= PLAIN_EVERY || event.step === steps || event.step === 1)) {
          lastShown = at;
          output.line(`step ${event.step}/${steps}  ${rate(event.imagesPerSecond)} images/s  loss ${event.loss.toFixed(4)}  ema ${event.emaLoss.toFixed(4)}  ${duration(event.etaSeconds)} left`);
        }
        if (output.mode === 'terminal' && (at - lastShown >= LIVE_EVERY || event.step === steps)) {
          lastShown = at;
          progress = progressLine(event, steps);
          redraw();
        }
        return;
      }
      case 'skipped':
        return fact('skipped', `step ${event.step}: ${event.reason}`);
      case 'validation':
        return fact('validation', `step ${event.step}: ${Object.entries(event.losses).map(([weights, loss]) => `${loss.toFixed(4)} (${weights})`).join(', ')}`);
      case 'preview': {
        const { preview } = event;
        if (output.mode === 'terminal') {
          const lines = halfBlocks(previewTiles(preview), { columns: process.stderr.columns ?? 80, lines: (process.stderr.rows ?? 24) - 5 });
          previewLines = ['', ...lines, quiet(`  step ${event.step}${preview.file ? `  ${preview.file}` : ''}`)];
          redraw();
        } else if (preview.file) fact('preview', `step ${event.step}: ${preview.file}`);
        return;
      }
      case 'checkpoint':
        if (output.mode !== 'terminal') fact('checkpoint', `step ${event.step}: ${event.file}`);
        return;
      case 'done':
        output.settle();
        return fact(event.reason === 'aborted' ? 'stopped' : event.reason, `after step ${event.step}, ${duration(event.seconds)}`);
      case 'model-saved':
        return undefined; // the command's last words
    }
  };
}

function progressLine({ step, imagesPerSecond, loss, emaLoss, etaSeconds }: Extract<TrainEvent, { type: 'step' }>, steps: number): string {
  const columns = process.stderr.columns ?? 80;
  const text = `${String(step).padStart(String(steps).length)}/${steps}`;
  const facts = `${rate(imagesPerSecond)} img/s  loss ${loss.toFixed(3)}  ema ${emaLoss.toFixed(3)}  ${duration(etaSeconds)} left`;
  const width = Math.max(8, Math.min(40, columns - text.length - facts.length - 8));
  return `  ${bar(step / steps, width)}  ${bold(text)}  ${facts}`;
}

/** One sample a class, or the first few; for points their plot, shrunk. */
export function previewTiles({ samples, picture }: Extract<TrainEvent, { type: 'preview' }>['preview']): Picture[] {
  if (isPoint(samples.shape)) return [picture];
  const pictures = picturesOf(samples);
  const { classes } = samples;
  const chosen = classes ? pictures.filter((_, i) => classes.indexOf(classes[i]) === i) : pictures.slice(0, 5);
  return chosen.slice(0, 10).map((tile) => (tile.width < 14 ? enlarge(tile, Math.ceil(14 / tile.width)) : tile));
}

/** Events without the arrays in them. */
function asJson(event: TrainEvent): JsonEvent {
  switch (event.type) {
    case 'preview': return { type: 'preview', step: event.step, ...(event.preview.file && { file: event.preview.file }) };
    case 'model-saved': return { type: 'model-saved', step: event.model.step, ...(event.file && { file: event.file }) };
    default: return { ...event };
  }
}
