/** Hugging Face diffusers' configuration files: their snake_case keys to ours and back. */
import { check } from '../core/errors.ts';
import { UNET_2D_DEFAULTS, unet2dConfig, type UNet2DConfig } from '../models/unet-config.ts';

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const KEYS = Object.keys(UNET_2D_DEFAULTS);

/** Reads the `config.json` of a `UNet2DModel`. Keys that begin with an underscore are notes; unknown keys are refused. */
export function unet2dConfigFromDiffusers(json: Readonly<Record<string, unknown>>): UNet2DConfig {
  const name = json._class_name;
  check(name === undefined || name === 'UNet2DModel', 'unet2dConfigFromDiffusers', `the configuration is of a ${String(name)}, not of a UNet2DModel`);
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) if (!key.startsWith('_')) options[camel(key)] = value;
  return unet2dConfig(options);
}

/** Writes that file. A network with `patchSize` above 1 has no counterpart there and is refused. */
export function unet2dConfigToDiffusers(config: UNet2DConfig): Record<string, unknown> {
  check(config.patchSize === 1, 'unet2dConfigToDiffusers', `patchSize ${config.patchSize} does not exist in diffusers; train with patchSize 1`);
  const entries = KEYS.filter((key) => key !== 'patchSize').map((key) => [snake(key), config[key as keyof UNet2DConfig]]);
  return { _class_name: 'UNet2DModel', ...Object.fromEntries(entries) };
}
