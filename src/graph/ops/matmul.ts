/** Batched matrix product, y = alpha · op(a) op(b), where op transposes the last two axes if asked; leading axes broadcast. */
import { check } from '../../core/errors.ts';
import { broadcastShapes, showShape, sizeOf } from '../../core/shape.ts';
import type { OpRecord, Value } from '../types.ts';
import { broadcastOffsets, sumTo } from './elementwise.ts';

export interface MatmulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

export const MATMUL: OpRecord = {
  name: 'matmul',
  infer([a, b], { transA, transB }) {
    check(a.shape.length >= 2 && b.shape.length >= 2, 'matmul', () => `needs two or more axes but got ${showShape(a.shape)} and ${showShape(b.shape)}`);
    const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const [k2, n] = transB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
    check(k === k2, 'matmul', () => `${showShape(a.shape)}${transA ? 'ᵀ' : ''} × ${showShape(b.shape)}${transB ? 'ᵀ' : ''}: inner dimensions ${k} and ${k2} differ`);
    return { shape: [...broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n], dtype: 'float32' };
  },
  gradient({ inputs: [a, b], attributes }, g) {
    const [transA, transB, alpha] = [attributes.transA as boolean, attributes.transB as boolean, attributes.alpha as number];
    const da = transA ? matmul(b, g, { transA: transB, transB: true, alpha }) : matmul(g, b, { transB: !transB, alpha });
    const db = transB ? matmul(g, a, { transA: true, transB: transA, alpha }) : matmul(a, g, { transA: !transA, alpha });
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
  reference([a, b], { transA, transB, alpha }, { shape }) {
    const [m, n] = shape.slice(-2);
    const k = transA ? a.shape.at(-2)! : a.shape.at(-1)!;
    const [rowA, colA] = transA ? [1, a.shape.at(-1)!] : [a.shape.at(-1)!, 1];
    const [rowB, colB] = transB ? [1, b.shape.at(-1)!] : [b.shape.at(-1)!, 1];
    const ia = broadcastOffsets(a.shape.slice(0, -2), shape.slice(0, -2));
    const ib = broadcastOffsets(b.shape.slice(0, -2), shape.slice(0, -2));
    const out = new Float64Array(sizeOf(shape));
    for (let batch = 0; batch < ia.length; batch++) {
      const [oa, ob] = [ia[batch] * m * k, ib[batch] * k * n];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += Number(a.data[oa + i * rowA + l * colA]) * Number(b.data[ob + l * rowB + j * colB]);
          out[(batch * m + i) * n + j] = sum * (alpha as number);
        }
      }
    }
    return out;
  },
};

export const matmul = (a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: MatmulOptions = {}): Value =>
  a.graph.node(MATMUL, [a, b], { transA, transB, alpha });
