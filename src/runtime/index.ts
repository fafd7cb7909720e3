/** `noisette/runtime`: graphs compiled into programs, and the devices they run on. */
export { type Device, type DeviceChoice, type DeviceReport, describeDevices, availableDevices, resolveDevice } from './device.ts';
export { type CompileOptions, type Feeds, type Program, compile } from './program.ts';
export { type CompileGraphOptions, compileGraph } from './compile-graph.ts';
export { type DeviceTensor, isDeviceTensor, readBack } from './device-tensor.ts';
export { type ProgramCache, createProgramCache } from './cache.ts';
export type { SessionChoices } from './session-options.ts';
