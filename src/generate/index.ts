/** `noisette/generate`: trained networks as the functions that denoisers are made of, and the denoiser with guidance and clipping. */
export { CLASS, classCondition, nullCondition, type NetworkProgramOptions, type NetworkProgram, compiledNetwork, type PreviewNetwork, previewNetwork } from './network-program.ts';
export { type GuidedDenoiserOptions, isGuided, guidedDenoiser } from './guided-denoiser.ts';
