/**
 * The one place that imports ONNX Runtime: `#ort` (package.json "imports") is onnxruntime-node in Node and onnxruntime-web/webgpu in a page.
 * Device `wasm` has a build of its own, because the WebGPU build computes about three times slower in WASM.
 */
import { check, NoisetteError } from '../core/errors.ts';
import type { Device } from './device.ts';

export type OrtModule = typeof import('#ort');
export type OrtSession = Awaited<ReturnType<OrtModule['InferenceSession']['create']>>;
export type OrtTensor = InstanceType<OrtModule['Tensor']>;
export type OrtSessionOptions = NonNullable<Parameters<OrtModule['InferenceSession']['create']>[1]>;

/** ONNX Runtime as one device needs it. */
export interface Backend {
  readonly ort: OrtModule;
  /** Whether outputs given as CPU tensors are written in place. The web builds compute on a heap of their own and ignore them. */
  readonly native: boolean;
  /** Runs work in order, one at a time: the web builds cannot interleave runs, natively a run blocks the thread anyway. */
  enqueue<T>(work: () => Promise<T>): Promise<T>;
}

export const inNode = (): boolean => typeof process === 'object' && process.versions?.node !== undefined;

const loaded = new Map<'default' | 'wasm', Promise<Backend>>();

/** Loads ONNX Runtime for `device`, once. Native libraries and WASM files are loaded here and not before. */
export function loadBackend(device: Device): Promise<Backend> {
  const kind = device === 'wasm' ? 'wasm' : 'default';
  let pending = loaded.get(kind);
  if (!pending) {
    pending = load(kind);
    loaded.set(kind, pending);
    pending.catch(() => loaded.delete(kind));
  }
  return pending;
}

async function load(kind: 'default' | 'wasm'): Promise<Backend> {
  const ort = kind === 'default' ? await import('#ort') : inNode() ? await importNodeWasm() : ((await import('onnxruntime-web/wasm')) as unknown as OrtModule);
  // Warnings (a node placed on another device, an unused initializer) are for us, not for the user's terminal.
  ort.env.logLevel = 'error';
  let tail: Promise<unknown> = Promise.resolve();
  return {
    ort,
    native: kind === 'default' && inNode(),
    enqueue(work) {
      const result = tail.then(work);
      tail = result.catch(() => undefined);
      return result;
    },
  };
}

async function importNodeWasm(): Promise<OrtModule> {
  // Not a literal, so that bundlers for the browser do not follow it to builds that are never used there.
  const name = 'onnxruntime-web';
  return import(name) as Promise<OrtModule>;
}

/** Settings that the web builds take with the first session of a page, for good. To be called before each session; natively it does nothing. */
export function startWeb({ ort, native }: Backend, { threads, wasmPaths }: { readonly threads?: number; readonly wasmPaths?: string }): void {
  if (native) return;
  const started = startedThreads.get(ort);
  if (started === undefined) {
    if (threads !== undefined) ort.env.wasm.numThreads = threads;
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    startedThreads.set(ort, threads ?? 'default');
    return;
  }
  check(threads === undefined || threads === started, 'compile', () => `WASM was started with threads: ${started} and cannot change to ${threads}; give the first program { threads: ${threads} }`);
}
const startedThreads = new WeakMap<OrtModule, number | 'default'>();

const BUILTIN_MODULES = { fs: 'node:fs', module: 'node:module', path: 'node:path', process: 'node:child_process' } as const;
interface Builtin {
  fs: typeof import('node:fs');
  module: typeof import('node:module');
  path: typeof import('node:path');
  process: typeof import('node:child_process');
}

/** A module of Node without an import that a page's bundler would stumble on. */
export function builtin<K extends keyof Builtin>(name: K): Builtin[K] {
  const found = inNode() ? process.getBuiltinModule(BUILTIN_MODULES[name]) : undefined;
  if (!found) throw new NoisetteError(`runtime: ${BUILTIN_MODULES[name]} is needed but this is no Node >= 20.16`);
  return found as Builtin[K];
}
