/**
 * `noisette/data`: datasets, batches as a function of the step, transforms, and data made by formula. Readers of files are in `noisette/data/node`.
 */
export { type ImageShape, type Dataset, sizeOfImage, subset, classCounts } from './dataset.ts';
export { type StoredData, byteDataset, floatDataset } from './stored-dataset.ts';
export { type Augment, type Batch, type Loader, type LoaderOptions, createLoader, inOrder } from './loader.ts';
export { type SplitOptions, type Split, split } from './split.ts';
export { type Image, centerCrop, resize, cover, flipHorizontal, randomFlip, randomShift } from './transforms.ts';
export { type AffineRanges, randomAffine } from './random-affine.ts';
export { type ToyName, TOY_NAMES, type ToyOptions, type ToyPoints, toyPoints, toyDataset } from './toy.ts';
export { SHAPE_NAMES, type ShapesOptions, shapesDataset } from './shapes.ts';
export { MNIST_FILES, type MnistPart, type MnistOptions, mnistFromIdx } from './mnist.ts';
