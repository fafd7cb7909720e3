/** `noisette/interop`: configurations of other libraries. */
export { unet2dConfigFromDiffusers, unet2dConfigToDiffusers } from './diffusers.ts';
