/** `noisette/models`: architectures. */
export { type NetworkConfig, type DenoisingNetwork, type NetworkInputs, denoisingNetwork, type TracedNetwork, traceNetwork, parametersOf, exampleSize } from './denoising-network.ts';
export { type UNet2DInputs, unet2d } from './unet.ts';
export { type DownBlockType, type UpBlockType, type UNet2DConfig, UNET_2D_DEFAULTS, unet2dConfig, sizeMultiple, checkPictureSize } from './unet-config.ts';
export { type MlpConfig, MLP_DEFAULTS, mlpConfig, mlp } from './mlp.ts';
export { type ClassifierOutputs, classifier, type TracedClassifier, traceClassifier, classifierParameters } from './classifier.ts';
export { type ClassifierConfig, CLASSIFIER_DEFAULTS, classifierConfig } from './classifier-config.ts';
export { type TrainedClassifier, classifierChunks, classifierFromFile } from './classifier-file.ts';
