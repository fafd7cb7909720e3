/** Turns a graph into an ONNX model for one device. The model code never knows which formulation was chosen. */
import { check } from '../../core/errors.ts';
import { sameShape } from '../../core/shape.ts';
import type { Dtype } from '../../core/tensor.ts';
import { CONSTANT, INPUT, reachable } from '../graph.ts';
import type { OnnxModel } from '../onnx-model.ts';
import type { Value } from '../types.ts';
import { emitConv, emitConvInputGrad, emitConvWeightGrad, isDirect } from './conv.ts';
import { concatenated, createEmitter, dot, floats, longs, padded, product, reshaped, sliced, transposed, type Emitter, type Ref, type Target } from './emitter.ts';

export type { Target } from './emitter.ts';

/** What a rule may look at beside its operands. */
interface Context {
  readonly e: Emitter;
  ref(value: Value): Ref;
  uses(value: Value): number;
}
type Rule = (context: Context, value: Value, inputs: readonly Ref[]) => Ref;

const plain = (op: string): Rule => ({ e }, value, inputs) => e.node(op, inputs, value.shape, {}, { dtype: value.dtype });
const ONNX_TYPE: Readonly<Record<Dtype, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
const ints = (v: unknown): readonly number[] => v as readonly number[];

/** The bias of `conv2d(x, w) + b` goes into the Conv node where there is one. */
const addRule: Rule = ({ e, ref, uses }, value, inputs) => {
  for (const k of [0, 1]) {
    const [conv, bias] = [value.inputs[k], value.inputs[1 - k]];
    const isBias = bias.shape.length === 4 && bias.shape[1] === conv.shape[1] && bias.shape.every((d, i) => i === 1 || d === 1);
    if (conv.record.name === 'conv2d' && uses(conv) === 1 && isBias && sameShape(value.shape, conv.shape) && isDirect(e, conv)) {
      return emitConv(e, conv, ref(conv.inputs[0]), ref(conv.inputs[1]), reshaped(e, inputs[1 - k], [bias.shape[1]]));
    }
  }
  return e.node('Add', inputs, value.shape);
};

/** Σ a·b over trailing axes is a batch of dot products: one pass and no product in memory. */
const sumRule: Rule = ({ e, ref, uses }, value, [x]) => {
  const [source] = value.inputs;
  const axes = ints(value.attributes.axes);
  const trailing = axes.every((a, i) => a === source.shape.length - axes.length + i);
  const factors = source.record.name === 'square' ? [source.inputs[0], source.inputs[0]] : source.record.name === 'mul' ? source.inputs : [];
  if (trailing && uses(source) === 1 && factors.length === 2 && factors.every((v) => sameShape(v.shape, source.shape))) {
    return reshaped(e, dot(e, ref(factors[0]), ref(factors[1]), axes.length), value.shape);
  }
  return e.node('ReduceSum', [x, longs(e, axes)], value.shape, { keepdims: Number(value.attributes.keepDims) }, { dtype: value.dtype });
};

const RULES: Readonly<Record<string, Rule>> = {
  add: addRule,
  sub: plain('Sub'),
  mul: plain('Mul'),
  div: plain('Div'),
  maximum: plain('Max'),
  minimum: plain('Min'),
  less: plain('Less'),
  equal: plain('Equal'),
  neg: plain('Neg'),
  abs: plain('Abs'),
  exp: plain('Exp'),
  log: plain('Log'),
  square: ({ e }, { shape }, [x]) => e.node('Mul', [x, x], shape),
  channelVariance: ({ e }, value, [x]) => channelVariance(e, x),
  sqrt: plain('Sqrt'),
  sin: plain('Sin'),
  cos: plain('Cos'),
  tanh: plain('Tanh'),
  erf: plain('Erf'),
  relu: plain('Relu'),
  sigmoid: plain('Sigmoid'),
  silu: ({ e }, { shape }, [x]) => e.node('QuickGelu', [x], shape, { alpha: { float: 1 } }, { domain: 'com.microsoft' }),
  not: plain('Not'),
  where: plain('Where'),
  cast: ({ e }, { shape, dtype }, [x]) => e.node('Cast', [x], shape, { to: ONNX_TYPE[dtype] }, { dtype }),
  expand: ({ e }, { shape, dtype }, [x]) => e.node('Expand', [x, longs(e, shape)], shape, {}, { dtype }),
  reduceSum: sumRule,
  reduceMax: ({ e }, { shape, dtype, attributes }, [x]) => e.node('ReduceMax', [x, longs(e, ints(attributes.axes))], shape, { keepdims: Number(attributes.keepDims) }, { dtype }),
  reshape: ({ e }, { shape }, [x]) => reshaped(e, x, shape),
  transpose: ({ e }, { attributes }, [x]) => transposed(e, x, ints(attributes.permutation)),
  concat: ({ e }, { attributes }, inputs) => concatenated(e, inputs, attributes.axis as number),
  slice: ({ e }, { attributes: a }, [x]) => sliced(e, x, [a.axis as number], [a.start as number], [a.end as number], [a.step as number]),
  pad: ({ e }, { attributes }, [x]) => padded(e, x, ints(attributes.pads)),
  matmul: ({ e }, { attributes: a }, [x, y]) => product(e, x, y, { transA: a.transA as boolean, transB: a.transB as boolean, alpha: a.alpha as number }),
  conv2d: ({ e }, value, [x, w]) => emitConv(e, value, x, w),
  conv2dInputGrad: ({ e }, value, [g, w]) => emitConvInputGrad(e, value, g, w),
  conv2dWeightGrad: ({ e }, value, [x, g]) => emitConvWeightGrad(e, value, x, g),
  upsampleNearest: ({ e }, { shape, attributes }, [x]) => e.node('Resize', [x, undefined, floats(e, [1, 1, ...ints(attributes.factors)])], shape, { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
  sumBlocks({ e }, { shape, attributes }, [x]) {
    const factors = ints(attributes.factors);
    return e.node('Mul', [e.node('AveragePool', [x], shape, { kernel_shape: factors, strides: factors }), floats(e, [factors[0] * factors[1]], [])], shape);
  },
  softmax: ({ e }, { shape }, [x]) => e.node('Softmax', [x], shape, { axis: -1 }),
  logSoftmax: ({ e }, { shape }, [x]) => e.node('LogSoftmax', [x], shape, { axis: -1 }),
  gatherRows: ({ e }, { shape, dtype }, inputs) => e.node('Gather', inputs, shape, { axis: 0 }, { dtype }),
  scatterAddRows: ({ e }, value, [rows, index]) => scatterAdd(e, value, rows, index),
};

/** One pass in `fast` mode (never negative), two in `exact`; see `ops/moments.ts`. */
function channelVariance(e: Emitter, x: Ref): Ref {
  const [n, c, h, w] = x.shape;
  const scale = floats(e, [1 / (h * w)], []);
  const mean = e.node('Mul', [e.node('ReduceSum', [x, longs(e, [2, 3])], [n, c, 1, 1], { keepdims: 1 }), scale], [n, c, 1, 1]);
  if (e.target.mode === 'exact') {
    const centred = e.node('Sub', [x, mean], x.shape);
    return e.node('Mul', [dot(e, centred, centred, 2), scale], [n, c]);
  }
  const flat = reshaped(e, mean, [n, c]);
  const variance = e.node('Sub', [e.node('Mul', [dot(e, x, x, 2), scale], [n, c]), e.node('Mul', [flat, flat], [n, c])], [n, c]);
  return e.node('Max', [variance, floats(e, [0], [])], [n, c]);
}

/** As a product with a one-hot matrix, which every device runs and which adds in a fixed order. */
function scatterAdd(e: Emitter, { shape }: Value, rows: Ref, index: Ref): Ref {
  const n = index.shape.reduce((a, b) => a * b, 1);
  const wide = rows.shape.slice(index.shape.length).reduce((a, b) => a * b, 1);
  const classes = e.constant(Int32Array.from({ length: shape[0] }, (_, i) => i), [shape[0], 1], 'int32');
  const flat = index.dtype === 'int32' ? index : e.node('Cast', [index], index.shape, { to: ONNX_TYPE.int32 }, { dtype: 'int32' });
  const hit = e.node('Equal', [classes, reshaped(e, flat, [1, n])], [shape[0], n], {}, { dtype: 'bool' });
  const oneHot = e.node('Cast', [hit], [shape[0], n], { to: ONNX_TYPE.float32 });
  return reshaped(e, product(e, oneHot, reshaped(e, rows, [n, wide])), shape);
}

/**
 * Lowers everything that `outputs` depend on.
 * @param outputs graph values by the name they get as model outputs
 * @param flat outputs of which only the elements count: they may get another shape of the same size, which saves a copy
 * @returns the model; its inputs are those graph inputs that are used, in order of declaration
 */
export function lower(outputs: Readonly<Record<string, Value>>, target: Target, { flat = [] }: { flat?: readonly string[] } = {}): OnnxModel {
  const e = createEmitter(target);
  const order = reachable(Object.values(outputs));
  const useCounts = new Map<Value, number>();
  for (const value of order) for (const input of value.inputs) useCounts.set(input, (useCounts.get(input) ?? 0) + 1);
  for (const value of Object.values(outputs)) useCounts.set(value, (useCounts.get(value) ?? 0) + 1);

  const refs = new Map<Value, Ref>();
  const context: Context = { e, ref: (value) => refs.get(value)!, uses: (value) => useCounts.get(value) ?? 0 };
  for (const value of order) {
    if (value.record === INPUT) refs.set(value, e.input(value.attributes.name as string, value.shape, value.dtype));
    else if (value.record === CONSTANT) refs.set(value, e.constant(value.data!, value.shape, value.dtype));
    else {
      const rule = RULES[value.record.name];
      check(rule, 'lower', `operator ${value.record.name} has no lowering`);
      refs.set(value, rule(context, value, value.inputs.map((input) => refs.get(input)!)));
    }
  }
  return e.finish(Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, refs.get(value)!])), new Set(flat));
}
