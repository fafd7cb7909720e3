/** Rows of a table by integer index (an embedding), y[…, :] = table[index[…], :], and its adjoint, which adds rows up. */
import { check } from '../../core/errors.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { OpRecord, Value } from '../types.ts';

export const GATHER_ROWS: OpRecord = {
  name: 'gatherRows',
  infer([table, index]) {
    check(index.dtype === 'int32' || index.dtype === 'int64', 'gatherRows', `indices must be int32 or int64 but are ${index.dtype}`);
    check(table.shape.length >= 1, 'gatherRows', 'the table needs at least one axis');
    return { shape: [...index.shape, ...table.shape.slice(1)], dtype: table.dtype };
  },
  gradient: ({ inputs: [table, index] }, g) => [scatterAddRows(g, index, table.shape[0]), undefined],
  reference([table, index]) {
    const row = sizeOf(table.shape.slice(1));
    return Array.from(index.data as ArrayLike<number>, Number).flatMap((i) => Array.from(table.data.subarray(i * row, (i + 1) * row) as ArrayLike<number>));
  },
};

/** table[r, :] = Σ over index[i] = r of rows[i, :], zero where no index names r. */
export const SCATTER_ADD_ROWS: OpRecord = {
  name: 'scatterAddRows',
  infer([rows, index], { count }) {
    check(index.shape.every((d, i) => d === rows.shape[i]), 'scatterAddRows', () => `indices ${showShape(index.shape)} do not lead ${showShape(rows.shape)}`);
    return { shape: [count as number, ...rows.shape.slice(index.shape.length)], dtype: rows.dtype };
  },
  gradient: ({ inputs: [, index] }, g) => [gatherRows(g, index), undefined],
  reference([rows, index], _, { shape }) {
    const out = new Float64Array(sizeOf(shape));
    const row = sizeOf(shape.slice(1));
    index.data.forEach((r: number | bigint, i: number) => {
      for (let k = 0; k < row; k++) out[Number(r) * row + k] += Number(rows.data[i * row + k]);
    });
    return out;
  },
};

export const gatherRows = (table: Value, index: Value): Value => table.graph.node(GATHER_ROWS, [table, index]);
export const scatterAddRows = (rows: Value, index: Value, count: number): Value => rows.graph.node(SCATTER_ADD_ROWS, [rows, index], { count });
