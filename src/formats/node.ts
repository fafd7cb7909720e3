/** `noisette/formats/node`: files written whole or not at all, safetensors on disk, TensorBoard event files. */
export { type FileContent, writeFileAtomic, writeDirectoryAtomic, listLeftovers, removeLeftovers } from './atomic-file-node.ts';
export { inspectSafetensors, loadSafetensors, saveSafetensors } from './safetensors-node.ts';
export { type EventWriter, openEvents } from './tfevents-node.ts';
