/** What a configuration says about how programs are compiled. */
import type { CompileGraphOptions } from '../runtime/compile-graph.ts';
import type { RunConfig } from './config.ts';

export type ProgramOptionsOf = Pick<CompileGraphOptions, 'device' | 'lowering' | 'threads'>;

export const programOptions = ({ device, lowering, threads }: Pick<RunConfig, 'device' | 'lowering' | 'threads'>): ProgramOptionsOf => ({ device, lowering, ...(threads !== null && { threads }) });
