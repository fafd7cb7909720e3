/** `noisette/data/node`: data from files: folders of pictures, MNIST's IDX files. */
export { type ImageFolderOptions, type UnreadableFile, type ImageFolder, describeUnreadable, loadImageFolder } from './image-folder-node.ts';
export { FITS, type Fit, type DecodeOptions, decodeImage } from './image-decode-node.ts';
export { type ImageFiles, listImageFiles } from './image-files-node.ts';
export { loadMnist } from './mnist-node.ts';
export { mnistDataFolder } from './mnist-data-node.ts';
