/**
 * Sinusoidal features of a timestep (Vaswani et al. 2017, as DDPM and diffusers' `Timesteps` count them), made on the host: a GPU's sine and
 * cosine lose digits at large arguments.
 *
 *   feature_k = sin(t · 10000^(−k/(half − shift))), cosines after the sines (or before, if flipped).
 */
export interface TimeFeatureOptions {
  readonly width: number;
  readonly flipSinToCos: boolean;
  readonly frequencyShift: number;
}

/** timesteps (may be fractional) → [timesteps.length, width], float32. */
export function timeFeatures(timesteps: ArrayLike<number>, { width, flipSinToCos, frequencyShift }: TimeFeatureOptions): Float32Array {
  const half = Math.floor(width / 2);
  const out = new Float32Array(timesteps.length * width);
  const [sines, cosines] = flipSinToCos ? [half, 0] : [0, half];
  for (let k = 0; k < half; k++) {
    const frequency = Math.exp((-Math.log(10000) * k) / (half - frequencyShift));
    for (let i = 0; i < timesteps.length; i++) {
      out[i * width + sines + k] = Math.sin(timesteps[i] * frequency);
      out[i * width + cosines + k] = Math.cos(timesteps[i] * frequency);
    }
  }
  return out;
}
