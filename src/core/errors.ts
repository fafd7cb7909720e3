/** An error made by bad input or by a rule that does not hold: says where, what must hold, what came, and what to do. */
export class NoisetteError extends Error {
  override readonly name = 'NoisetteError';
}

/** Throws a {@link NoisetteError} of the form `where: what` unless `condition` holds. */
export function check(condition: unknown, where: string, message: string | (() => string)): asserts condition {
  if (!condition) throw new NoisetteError(`${where}: ${typeof message === 'string' ? message : message()}`);
}

/** Looks `key` up in `table`, or throws naming the valid set: `unknown sampler "heum"; one of ddim, ddpm`. */
export function oneOf<T>(kind: string, table: Readonly<Record<string, T>>, key: string): T {
  if (!Object.hasOwn(table, key)) {
    throw new NoisetteError(`unknown ${kind} ${JSON.stringify(key)}; one of ${Object.keys(table).join(', ')}`);
  }
  return table[key];
}
