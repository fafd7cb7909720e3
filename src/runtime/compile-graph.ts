/** From a graph to a program: lower for the device, encode, compile. */
import { oneOf } from '../core/errors.ts';
import { lower } from '../graph/lower/lower.ts';
import type { Value } from '../graph/types.ts';
import { resolveDevice } from './device.ts';
import { compile, type CompileOptions, type Program } from './program.ts';

export interface CompileGraphOptions extends CompileOptions {
  /** `fast` (default): the formulations measured fastest on the device. `exact`: direct ones, for strict numerical tolerances. */
  readonly lowering?: 'fast' | 'exact';
}

const LOWERINGS = { fast: 'fast', exact: 'exact' } as const;

/**
 * Compiles everything that `outputs` (by the names they get) depend on; the program's inputs are the graph inputs among it. Throws like {@link compile}.
 */
export async function compileGraph(outputs: Readonly<Record<string, Value>>, { lowering = 'fast', ...options }: CompileGraphOptions = {}): Promise<Program> {
  const device = await resolveDevice(options.device);
  return compile(lower(outputs, { device, mode: oneOf('lowering', LOWERINGS, lowering) }), { ...options, device });
}
