/** `noisette/evaluate`: how good samples are: distances, precision and recall, accuracy, likelihood, intervals. */
export { type Features, type FeatureExtractor, extractAll } from './features.ts';
export { type Classification, type ClassifierExtractor, type ClassifierExtractorOptions, classifierExtractor } from './classifier-features.ts';
export { type Quality, type QualityOptions, qualityOf } from './quality.ts';
export { frechetDistance, frechetDistanceOf } from './frechet.ts';
export { polynomialMmd, type KidOptions, kernelInceptionDistance } from './kid.ts';
export { type ManifoldScores, squaredRadii, manifoldScores } from './precision-recall.ts';
export { type Accuracy, readClasses, accuracyOf } from './accuracy.ts';
export { inceptionScore } from './inception-score.ts';
export { type NearestPictures, nearestPictures, typicalDistance } from './nearest.ts';
export { type Interval, type BootstrapOptions, bootstrapInterval, bootstrapMean } from './bootstrap.ts';
export { type Moments, momentsOf } from './moments.ts';
export { type Matrix, matrix, rowsOf, selectRows, checkSameColumns } from './matrix.ts';
