/** Trains a small network on points of the plane, shows what it draws meanwhile, and plays the reverse process. */
import { encodeModel, mergeSettings, preset, sample, train } from 'noisette';
import { TOY_NAMES, toyPoints } from 'noisette/data';
import { drawLoss, drawPoints } from './plots.js';

const $ = (id) => document.getElementById(id);
const form = $('settings');
const SHOWN = 1200;

for (const name of TOY_NAMES) form.elements.data.append(new Option(name.replace('-', ' '), name));
form.elements.data.value = 'spiral';

let model;
/** States of the reverse process, from noise to data: { points, classes, note }. */
let film = [];
let stopping = new AbortController();

const say = (text, isError = false) => {
  $('status').textContent = text;
  $('status').classList.toggle('error', isError);
};

/** Lets the page draw and react. A step of training keeps the thread busy, so without this nothing would move. */
const breathe = () => new Promise((resolve) => setTimeout(resolve));

function showData() {
  const { points, labels, classNames } = toyPoints(form.elements.data.value, SHOWN, { seed: 0 });
  drawPoints($('data'), points, labels);
  $('data-note').textContent = `${classNames.length} classes`;
  return classNames.length;
}

async function run() {
  const classes = showData();
  const steps = form.elements.steps.valueAsNumber;
  const settings = mergeSettings(preset('toy'), {
    data: { kind: 'toy', name: form.elements.data.value },
    train: { steps, previewEvery: 100, previewCount: Math.ceil(SHOWN / classes), previewSteps: 15 },
    device: form.elements.device.value,
  });
  const losses = [];
  const means = [];
  let shown = 0;
  let device = '';
  for await (const event of train(settings, { signal: stopping.signal })) {
    if (event.type === 'model') device = event.device;
    if (event.type === 'step') {
      losses.push(event.loss);
      means.push(event.emaLoss);
      if (performance.now() - shown > 60 || event.step === steps) {
        say(`Step ${event.step} of ${steps} on ${device}: ${Math.round(event.imagesPerSecond).toLocaleString('en')} points a second, loss ${event.emaLoss.toFixed(3)}`);
        $('progress').value = event.step / steps;
        drawLoss($('loss'), losses, means, steps);
        await breathe();
        shown = performance.now();
      }
    }
    if (event.type === 'preview') {
      drawPoints($('model'), event.preview.samples.values, event.preview.samples.classes);
      $('model-note').textContent = `after ${event.step} steps`;
      await breathe();
    }
    if (event.type === 'model-saved') model = event.model;
    if (event.type === 'done' && event.reason !== 'finished') say(`Stopped after ${event.step} steps.`);
  }
  if (!model) return;
  await record(Math.ceil(SHOWN / classes));
  say(`Trained ${steps} steps on ${device}. Every point on the right was noise before.`);
}

/** Runs the reverse process once and keeps each of its states. */
async function record(count) {
  film = [];
  for await (const event of sample(model, { count, batch: 4096, settings: { steps: 40 } })) {
    if (event.type === 'samples') film.forEach((state) => { state.classes = event.samples.classes; });
    else film.push({ points: event.x.data, note: `step ${event.step} of ${event.steps}, noise ${(100 * event.level.noiseScale ** 2).toFixed(0)} %` });
  }
  $('moment').max = film.length - 1;
  await play();
}

function showMoment(index) {
  const { points, classes, note } = film[index];
  drawPoints($('model'), points, classes);
  $('model-note').textContent = note;
  $('moment').value = index;
}

async function play() {
  for (let index = 0; index < film.length; index++) {
    showMoment(index);
    await new Promise((resolve) => setTimeout(resolve, 45));
  }
}

const busy = (is) => {
  for (const element of form.elements) element.disabled = is;
  $('stop').disabled = !is;
  for (const id of ['play', 'moment', 'download']) $(id).disabled = is || !model;
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  model = undefined;
  stopping = new AbortController();
  busy(true);
  say('Building the network …');
  try {
    await run();
  } catch (error) {
    say(error.message, true);
    console.error(error);
  } finally {
    busy(false);
  }
});
form.elements.data.addEventListener('change', showData);
$('stop').addEventListener('click', () => stopping.abort());
$('play').addEventListener('click', play);
$('moment').addEventListener('input', () => showMoment($('moment').valueAsNumber));
$('download').addEventListener('click', () => {
  const url = URL.createObjectURL(new Blob([encodeModel(model)]));
  Object.assign(document.createElement('a'), { href: url, download: `${model.config.data.name}.safetensors` }).click();
  URL.revokeObjectURL(url);
});
addEventListener('resize', () => {
  showData();
  if (film.length) showMoment($('moment').valueAsNumber);
});

showData();
drawPoints($('model'), new Float32Array(0));
