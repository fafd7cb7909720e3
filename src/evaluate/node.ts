/** `noisette/evaluate/node`: the committed classifier of handwritten digits. */
export { digitClassifierPath, loadDigitClassifier } from './digit-classifier-node.ts';
