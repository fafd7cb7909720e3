/** `noisette/train/node`: checkpoints in a folder, `metrics.jsonl`, TensorBoard. */
export { type FolderStoreOptions, folderStore, machineVersions } from './checkpoint-node.ts';
export { openMetricsFile } from './metrics-node.ts';
export { type TensorBoardSink, openTensorBoard } from './tensorboard-node.ts';
