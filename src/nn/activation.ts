/** Activations by the names that configuration files use. */
import { exp, gelu, log, add, mul, relu, silu, tanh } from '../graph/ops/index.ts';
import type { Value } from '../graph/types.ts';

export type Activation = (x: Value) => Value;
/** mish(x) = x·tanh(log(1 + eˣ)). */
const mish: Activation = (x) => mul(x, tanh(log(add(exp(x), 1))));

export const ACTIVATIONS: Readonly<Record<string, Activation>> = { silu, swish: silu, relu, gelu: (x) => gelu(x), mish };
