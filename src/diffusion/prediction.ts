/**
 * What a network may be trained to output, and how each output gives x0 and ε. Every one is a linear form
 *
 *   out = p·x0 + q·ε     of     xt = a·x0 + b·ε      (a = signalScale, b = noiseScale)
 *
 *   epsilon   (p, q) = (0, 1)                         Ho et al. 2020
 *   x0                 (1, 0)
 *   v                  (−b, a)                        Salimans and Ho 2022 (2202.00512), eq. 11: v = a·ε − b·x0
 *   velocity           (−1, 1)                        rectified flow, Liu et al. 2022: dxt/dt = ε − x0
 *   mean               (coefXt·a + coefX0, coefXt·b)  the posterior mean μ̃ of the step to the level before
 *
 * so with D = a·q − b·p:  x0 = (q·xt − b·out)/D,  ε = (a·out − p·xt)/D. Where D = 0 the pair cannot be served and is refused.
 */
import { check, oneOf } from '../core/errors.ts';
import { lincomb } from '../core/lincomb.ts';
import { showLevel, type Level } from './level.ts';
import { posterior } from './posterior.ts';

export type Prediction = 'epsilon' | 'x0' | 'v' | 'velocity' | 'mean';

export interface LinearForm {
  readonly p: number;
  readonly q: number;
  /** a·q − b·p: the output moves by −D/b for each unit that its x0 moves at fixed xt. Never 0. */
  readonly determinant: number;
}

const FORMS: Readonly<Record<Prediction, (level: Level, previous?: Level) => readonly [p: number, q: number]>> = {
  epsilon: () => [0, 1],
  x0: () => [1, 0],
  v: ({ signalScale, noiseScale }) => [-noiseScale, signalScale],
  velocity: () => [-1, 1],
  mean: (level, previous) => {
    check(previous, 'prediction mean', 'needs the level that the posterior leads to; pass previous');
    const { coefXt, coefX0 } = posterior(previous, level);
    return [coefXt * level.signalScale + coefX0, coefXt * level.noiseScale];
  },
};

/** The names of all predictions, for messages and checks at the edge. */
export const PREDICTIONS = Object.keys(FORMS) as readonly Prediction[];

/**
 * The linear form of a prediction at a level. `previous`, the level that the posterior leads to, is needed for `mean` only.
 * Throws when the prediction says nothing about x0 or ε there (ε where no signal is left, x0 where no noise is).
 */
export function linearForm(prediction: Prediction, level: Level, previous?: Level): LinearForm {
  const [p, q] = oneOf('prediction', FORMS, prediction)(level, previous);
  const determinant = level.signalScale * q - level.noiseScale * p;
  check(determinant !== 0, `prediction ${prediction}`, () =>
    `cannot give x0 and epsilon at ${showLevel(level)} (signalScale ${level.signalScale}, noiseScale ${level.noiseScale}); predict ${level.signalScale === 0 ? 'v or x0' : 'epsilon or v'}, or leave this level out`);
  return { p, q, determinant };
}

/** x0 and ε that a network's output stands for, given the noisy state. Arrays of one length. */
export function fromOutput(prediction: Prediction, output: Float32Array, xt: Float32Array, level: Level, previous?: Level): { x0: Float32Array; epsilon: Float32Array } {
  const { p, q, determinant: d } = linearForm(prediction, level, previous);
  const { signalScale: a, noiseScale: b } = level;
  return {
    x0: prediction === 'x0' ? output : lincomb([[q / d, xt], [-b / d, output]]),
    epsilon: prediction === 'epsilon' ? output : lincomb([[a / d, output], [-p / d, xt]]),
  };
}

/** The output that x0 and ε ask for: the target of training. For `epsilon` and `x0` the very array that was passed. */
export function toOutput(prediction: Prediction, x0: Float32Array, epsilon: Float32Array, level: Level, previous?: Level): Float32Array {
  const { p, q } = linearForm(prediction, level, previous);
  if (prediction === 'epsilon') return epsilon;
  if (prediction === 'x0') return x0;
  return lincomb([[p, x0], [q, epsilon]]);
}

/** Re-expresses an output of one prediction as one of another. */
export function convertOutput(from: Prediction, to: Prediction, output: Float32Array, xt: Float32Array, level: Level, previous?: Level): Float32Array {
  const { x0, epsilon } = fromOutput(from, output, xt, level, previous);
  return toOutput(to, x0, epsilon, level, previous);
}
