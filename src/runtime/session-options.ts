/** ONNX Runtime's session options, as measured: see the notes on running in docs/architecture.md. */
import type { Device } from './device.ts';
import type { OrtSessionOptions } from './ort.ts';

export interface SessionChoices {
  /** Threads within an operator; ONNX Runtime's default (natively one a physical core, in WASM half the cores, at most 4) unless given. In WASM the first program decides for all. */
  readonly threads?: number;
  /** Whether idle threads spin (a training step is about 20 % faster). Off for programs that idle beside each other, as in servers. */
  readonly spinning?: boolean;
  /** Outputs that stay on the device. */
  readonly keepOnDevice?: readonly string[];
  /** Whether ONNX Runtime rewrites the graph: folding, fusing, blocked layouts, packed constants. */
  readonly optimize?: boolean;
}

/** Nodes that a GPU lacks run on the CPU; ONNX Runtime adds that provider by itself. */
export const providersOf = (device: Device): string[] => [device];

export function sessionOptions(device: Device, { threads, spinning = true, keepOnDevice = [], optimize = true }: SessionChoices, outputs: readonly string[]): OrtSessionOptions {
  const onGpu = device === 'webgpu' && keepOnDevice.length > 0;
  return {
    executionProviders: providersOf(device),
    // Costs up to half the memory and gains nothing.
    enableMemPattern: false,
    enableCpuMemArena: true,
    executionMode: 'sequential',
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    logSeverityLevel: 3,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(!spinning && { extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } } }),
    ...(onGpu && { preferredOutputLocation: Object.fromEntries(outputs.map((name) => [name, keepOnDevice.includes(name) ? 'gpu-buffer' : 'cpu'])) as Record<string, 'gpu-buffer' | 'cpu'> }),
  };
}
