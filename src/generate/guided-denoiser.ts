/**
 * From a network to the denoiser that samplers call: what it was trained to output becomes (x0, ε), classes guide where asked, and the estimate of
 * the data is kept in range last: clip(guide(network)).
 */
import { check } from '../core/errors.ts';
import { networkDenoiser, type Denoiser, type Network } from '../diffusion/denoiser.ts';
import { classifierFree } from '../diffusion/guidance/classifier-free.ts';
import type { Level } from '../diffusion/level.ts';
import type { Prediction } from '../diffusion/prediction.ts';
import type { DenoisingNetwork } from '../models/denoising-network.ts';
import { nullCondition } from './network-program.ts';

export interface GuidedDenoiserOptions {
  readonly prediction: Prediction;
  /** For `mean` predictions: where the posterior leads. */
  readonly previous?: (level: Level) => Level;
  /** 1: off. */
  readonly guidanceScale?: number;
  readonly sigmaInterval?: readonly [low: number, high: number];
  readonly clip?: (denoiser: Denoiser) => Denoiser;
}

/** Whether sampling calls the network with twice the batch. */
export const isGuided = ({ classRows }: DenoisingNetwork, { guidanceScale = 1 }: Pick<GuidedDenoiserOptions, 'guidanceScale'>): boolean => classRows !== null && guidanceScale !== 1 && guidanceScale !== 0;

/** Guidance other than 1 needs a class-conditional network; an unconditional one is refused. */
export function guidedDenoiser(network: Network, description: DenoisingNetwork, { prediction, previous, guidanceScale = 1, sigmaInterval, clip = (denoiser) => denoiser }: GuidedDenoiserOptions): Denoiser {
  const plain = networkDenoiser(network, { prediction, previous });
  const empty = nullCondition(description);
  check(empty || guidanceScale === 1, 'guidedDenoiser', () => `guidance needs classes, and this network is unconditional; set guidanceScale to 1 (it is ${guidanceScale})`);
  return clip(empty && guidanceScale !== 1 ? classifierFree(plain, { guidanceScale, nullCondition: empty, sigmaInterval }) : plain);
}
