/**
 * Makes training steps: the gradient of the mean loss over some micro-batches, then clip, AdamW and EMA. {@link StepExecutor} is what the loop sees,
 * whatever the device; {@link hostExecutor} runs a program for the gradient and the update over flat vectors on the host.
 *
 * A step whose loss or gradient is not finite is not applied: the state stays as it was, to the bit.
 */
import { check } from '../core/errors.ts';
import type { AnyTensor, TensorData } from '../core/tensor.ts';
import { trainableViews, type ParameterVectors } from '../nn/parameters.ts';
import { emaDecay, emaSettings, type EmaOptions } from './ema.ts';
import { adamScalars, adamSettings, adamUpdate, clipCoefficient, decaySegments, FLUSH_EVERY, flushTiny, gradientNorm, type AdamOptions } from './optimizer.ts';
import { copyState, type NetworkState, type NetworkStates } from './state.ts';

/** What a program is fed with, by input name, besides parameters. */
export type Feeds = Readonly<Record<string, TensorData>>;

export interface StepHyper {
  readonly learningRate: number;
}

export interface StepResult {
  /** Mean over the micro-batches, as computed before the update. */
  readonly loss: number;
  /** Euclidean norm of the mean gradient before clipping. NaN when a loss was not finite and the gradient was not looked at. */
  readonly gradNorm: number;
  readonly applied: boolean;
  /** Why the step was not applied. */
  readonly reason?: string;
  /** Other outputs of the program (losses a sample, terms of the loss), one record a micro-batch. */
  readonly outputs: readonly Readonly<Record<string, AnyTensor>>[];
}

/** Which weights to use: the ones being trained, or their moving average. */
export type WeightsKind = 'trained' | 'ema';

export interface StepExecutor {
  /** One step over the micro-batches, each of the same size. */
  step(microbatches: readonly Feeds[], hyper: StepHyper): Promise<StepResult>;
  /** The loss alone, without dropout or update. */
  validationLoss(feeds: Feeds, weights: WeightsKind): Promise<number>;
  /** All state on the host. The arrays may be the executor's own: they are valid until the next step. */
  snapshot(): Promise<NetworkStates>;
  /** Continues from such a state; copies it. */
  restore(states: NetworkStates): Promise<void>;
  dispose(): Promise<void>;
}

export interface GradientResult {
  readonly loss: number;
  readonly outputs?: Readonly<Record<string, AnyTensor>>;
}

/** Loss and gradient of one network: what the graph is compiled to. */
export interface GradientProgram {
  /** Runs on one micro-batch and writes the gradient of its mean loss to `gradient`, over whatever is there. */
  gradient(parameters: ParameterVectors, feeds: Feeds, gradient: Float32Array): Promise<GradientResult>;
  /** The loss alone, in evaluation mode. */
  loss(parameters: ParameterVectors, feeds: Feeds): Promise<number>;
  dispose(): Promise<void>;
}

export interface HostExecutorOptions {
  /** The network's name in snapshots and checkpoints. */
  readonly name?: string;
  readonly optimizer?: AdamOptions;
  /** Used when the state has an EMA. */
  readonly ema?: EmaOptions;
}

/** Beyond this norm the squares that Adam keeps in float32 would overflow, and their elements would never move again. */
const LARGEST_NORM = 1e18;

/** Steps on the host. Takes over `program` (disposes it) and the arrays of `state` (updates them in place). */
export function hostExecutor(program: GradientProgram, state: NetworkState, options: HostExecutorOptions = {}): StepExecutor {
  const { name = 'model' } = options;
  const optimizer = adamSettings(options.optimizer);
  const ema = emaSettings(options.ema);
  const segments = decaySegments(state.layout, optimizer.decayOn);
  const gradient = new Float32Array(state.layout.trainableSize);
  let addend: Float32Array | undefined; // made when a second micro-batch comes
  let current = state;

  /** Names of the parameters whose gradient has a non-finite element: where to look. */
  const culprits = (): string => {
    const names = [...trainableViews(state.layout, gradient)].filter(([, view]) => !Number.isFinite(gradientNorm(view.data))).map(([key]) => key);
    return names.length ? `; first in ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}` : '';
  };

  return {
    async step(microbatches, { learningRate }) {
      check(microbatches.length > 0, 'step', 'at least one micro-batch is needed');
      const parameters = { trainable: current.weights, frozen: current.frozen };
      const outputs: Readonly<Record<string, AnyTensor>>[] = [];
      let total = 0;
      for (const [index, feeds] of microbatches.entries()) {
        const target = index === 0 ? gradient : (addend ??= new Float32Array(gradient.length));
        const result = await program.gradient(parameters, feeds, target);
        outputs.push(result.outputs ?? {});
        total += result.loss;
        if (!Number.isFinite(result.loss)) {
          return { loss: result.loss, gradNorm: NaN, applied: false, outputs, reason: `the loss of micro-batch ${index + 1} of ${microbatches.length} is ${result.loss}` };
        }
        if (target !== gradient) for (let i = 0; i < gradient.length; i++) gradient[i] += target[i];
      }
      const share = 1 / microbatches.length;
      const loss = total * share;
      const gradNorm = gradientNorm(gradient) * share;
      const clip = clipCoefficient(gradNorm, optimizer.maxGradNorm);
      if (!(gradNorm * clip <= LARGEST_NORM)) {
        return { loss, gradNorm, applied: false, outputs, reason: `the gradient norm is ${gradNorm}${culprits()}` };
      }
      const scalars = adamScalars(optimizer, learningRate, current.updates + 1);
      adamUpdate(current, gradient, scalars, segments, share * clip, emaDecay(ema, current.updates));
      current = { ...current, updates: current.updates + 1 };
      if (current.updates % FLUSH_EVERY === 0) {
        flushTiny(current.m);
        flushTiny(current.v);
      }
      return { loss, gradNorm, applied: true, outputs };
    },

    async validationLoss(feeds, weights) {
      check(weights === 'trained' || current.ema, 'validationLoss', 'this run keeps no EMA; use the trained weights');
      return program.loss({ trainable: weights === 'ema' ? current.ema! : current.weights, frozen: current.frozen }, feeds);
    },

    async snapshot() {
      return { [name]: current };
    },

    async restore(states) {
      check(Object.keys(states).join() === name, 'restore', `expected the state of the network ${JSON.stringify(name)}, got ${Object.keys(states).join(', ') || 'none'}`);
      current = copyState(current, states[name]);
    },

    async dispose() {
      await program.dispose();
    },
  };
}
