/**
 * The checkpoint's file format: one safetensors file from which a run continues to the bit.
 *
 *   <network>/weights/<parameter>   trainable parameters          <network>/frozen/<parameter>   frozen ones
 *   <network>/m/<parameter>, …/v/…  Adam's moments                 <network>/buffers/<name>       other arrays
 *   <network>/ema/<parameter>       moving average                 arrays/<name>                  of the run: histories of samplers
 *
 * The parts of one vector lie side by side in declared order, so they are written as views, without a copy. The header's metadata holds
 * the step, counters, configuration and versions as JSON. Any safetensors reader can open it.
 */
import { check } from '../core/errors.ts';
import { sameShape, showShape } from '../core/shape.ts';
import type { AnyTensor } from '../core/tensor.ts';
import { namedArray, readSafetensors, safetensorsChunks, type NamedArray, type SafetensorsFile } from '../formats/safetensors.ts';
import { parameterView } from '../nn/parameters.ts';
import type { NetworkState, NetworkStates } from './state.ts';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where a run stands. */
export interface RunState {
  /** Steps done, skipped ones included. The data position follows from it and the configuration. */
  readonly step: number;
  readonly networks: NetworkStates;
  /** Named arrays of whatever else must continue: the loss history of a sampler of times. */
  readonly arrays: Readonly<Record<string, AnyTensor>>;
  /** Finite numbers by name: skips, the smoothed loss. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What belongs to the run rather than to its state. */
export interface RunDescription {
  /** Everything that the run was made from. */
  readonly config: Json;
  /** Names and versions of what computed it: noisette, onnxruntime, node, threads, cpu … */
  readonly versions: Readonly<Record<string, string>>;
}

const FORMAT = 'noisette checkpoint 1';
const VECTORS = ['weights', 'frozen', 'm', 'v', 'ema'] as const;

const vectorParts = (state: NetworkState): { kind: string; vector: Float32Array; trainable: boolean }[] =>
  VECTORS.flatMap((kind) => {
    const vector = state[kind];
    return vector ? [{ kind, vector, trainable: kind !== 'frozen' }] : [];
  });

/** The file's bytes in pieces, ready for a store. The pieces are views of the state: write them before the next step. */
export function encodeCheckpoint(state: RunState, description: RunDescription): Uint8Array[] {
  const tensors: NamedArray[] = [];
  const updates: Record<string, number> = {};
  for (const [network, networkState] of Object.entries(state.networks)) {
    check(network !== 'arrays' && !network.includes('/'), 'checkpoint', `a network cannot be named ${JSON.stringify(network)}: "arrays" and names with "/" are taken`);
    updates[network] = networkState.updates;
    for (const { kind, vector, trainable } of vectorParts(networkState)) {
      for (const spec of networkState.layout.parameters) {
        if (spec.trainable === trainable) tensors.push(namedArray(`${network}/${kind}/${spec.name}`, parameterView(spec, vector)));
      }
    }
    for (const [name, value] of Object.entries(networkState.buffers)) tensors.push(namedArray(`${network}/buffers/${name}`, value));
  }
  for (const [name, value] of Object.entries(state.arrays)) tensors.push(namedArray(`arrays/${name}`, value));
  for (const [name, value] of Object.entries(state.counters)) check(Number.isFinite(value), 'checkpoint', `the counter ${name} is ${value}; counters must be finite`);
  return safetensorsChunks(tensors, {
    format: FORMAT,
    progress: JSON.stringify({ step: state.step, updates, counters: state.counters }),
    config: JSON.stringify(description.config),
    versions: JSON.stringify(description.versions),
  });
}

/** An opened checkpoint: its description, and its numbers still in the file. */
export interface CheckpointFile extends RunDescription {
  readonly step: number;
  readonly updates: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly tensors: SafetensorsFile;
}

/** Opens the bytes of a checkpoint. Throws unless it is one. */
export function openCheckpoint(bytes: Uint8Array<ArrayBuffer>, where: string): CheckpointFile {
  const tensors = readSafetensors(bytes, where);
  const { format, progress, config, versions } = tensors.metadata;
  check(format === FORMAT, where, `its metadata says format ${JSON.stringify(format)}, not ${JSON.stringify(FORMAT)}; it holds weights, perhaps, but no run to resume`);
  const { step, updates, counters } = JSON.parse(progress) as { step: number; updates: Record<string, number>; counters: Record<string, number> };
  return { step, updates, counters, config: JSON.parse(config) as Json, versions: JSON.parse(versions) as Record<string, string>, tensors };
}

/** A copy, so that the file's bytes can be let go. */
const copied = (value: AnyTensor): AnyTensor => ({ ...value, data: value.data.slice() }) as AnyTensor;

/**
 * Fills the arrays of `states` (the networks as the configuration builds them) from a checkpoint and returns the run's state. Every name and
 * shape is checked before anything is written. Throws when the file has other networks, parameters or parts than the run.
 */
export function fillFromCheckpoint(file: CheckpointFile, states: NetworkStates, where = 'resume'): RunState {
  const unread = new Set(file.tensors.entries.keys());
  const fills: (() => void)[] = [];
  const networks: Record<string, NetworkState> = {};
  for (const [network, state] of Object.entries(states)) {
    check(Object.hasOwn(file.updates, network), where, `the checkpoint has no network ${JSON.stringify(network)}; it has ${Object.keys(file.updates).join(', ')}`);
    for (const { kind, vector, trainable } of vectorParts(state)) {
      for (const spec of state.layout.parameters.filter((p) => p.trainable === trainable)) {
        const name = `${network}/${kind}/${spec.name}`;
        const entry = file.tensors.entries.get(name);
        check(entry, where, `the checkpoint lacks ${name}, which the configuration asks for`);
        check(sameShape(entry.shape, spec.shape), where, () => `${name} has shape ${showShape(entry.shape)} in the checkpoint but ${showShape(spec.shape)} by the configuration`);
        unread.delete(name);
        fills.push(() => parameterView(spec, vector).data.set(file.tensors.float32(name).data));
      }
    }
    const prefix = `${network}/buffers/`;
    const buffers = Object.fromEntries([...unread].filter((name) => name.startsWith(prefix)).map((name) => [name.slice(prefix.length), copied(file.tensors.tensor(name))]));
    Object.keys(buffers).forEach((name) => unread.delete(prefix + name));
    networks[network] = { ...state, buffers, updates: file.updates[network] };
  }
  const arrays: Record<string, AnyTensor> = {};
  for (const name of [...unread].filter((key) => key.startsWith('arrays/'))) {
    arrays[name.slice('arrays/'.length)] = copied(file.tensors.tensor(name));
    unread.delete(name);
  }
  check(unread.size === 0, where, () => `the checkpoint has ${unread.size} arrays that the configuration does not know: ${[...unread].slice(0, 4).join(', ')}${unread.size > 4 ? ', …' : ''}`);
  for (const fill of fills) fill();
  return { step: file.step, networks, arrays, counters: file.counters };
}
