/** An error made by bad input or by a rule that does not hold: says where, what must hold, what came, and what to do. */
export class NoisetteError extends Error {
  override readonly name = 'NoisetteError';
}

/** Throws a {@link NoisetteError} of the form `where: what` unless `condition` holds. */
export function check(condition: unknown, where: string, message: string | (() => string)): asserts condition {
  if (!condition) throw new NoisetteError(`${where}: ${typeof message === 'string' ? message : message()}`);
}

/** Names for an error: the first few, and how many more there are. A network has a thousand inputs; nobody reads them all. */
export function listed(names: Iterable<string>, most = 8): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  return all.length > most ? `${all.slice(0, most).join(', ')} and ${all.length - most} more` : all.join(', ');
}

/** Looks `key` up in `table`, or throws naming the valid set: `unknown sampler "heum"; one of ddim, ddpm`. */
export function oneOf<T>(kind: string, table: Readonly<Record<string, T>>, key: string): T {
  if (!Object.hasOwn(table, key)) {
    throw new NoisetteError(`unknown ${kind} ${JSON.stringify(key)}; one of ${Object.keys(table).join(', ')}`);
  }
  return table[key];
}
