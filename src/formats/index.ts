/**
 * `noisette/formats`: files as bytes: safetensors, PNG, GIF, NPY, IDX, zip, TensorBoard events; and pictures, grids and films with lettering of our own.
 * Functions that touch the disk are in `noisette/formats/node`.
 */
export { type SafetensorsDtype, type SafetensorsEntry, type SafetensorsArray, type SafetensorsFile, type NamedArray, namedArray, readSafetensors, safetensorsChunks, writeSafetensors } from './safetensors.ts';
export { float16ToFloat32, float32ToFloat16, bfloat16ToFloat32, float32ToBfloat16 } from './half.ts';
export { type NpyKind, type NpyData, type NpyArray, readNpy, writeNpy } from './npy.ts';
export { readNpz, writeNpz } from './npz.ts';
export { type IdxArrays, type IdxArray, readIdx } from './idx.ts';
export { type ZipMember, readZip, writeZip } from './zip.ts';
export { type EventTime, versionEvent, scalarEvent, imageEvent, type ReadEvent, readEvents, wholeEvents } from './tfevents.ts';
export { type Picture, type Rgb, toByte, pictureFromFloat, enlarge, canvas, place, fillRectangle } from './picture.ts';
export { encodePng, type DecodedPng, decodePng } from './png.ts';
export { readPngText } from './png-text.ts';
export { type GifFrame, type GifOptions, encodeGif } from './gif.ts';
export { type GridOptions, grid } from './grid.ts';
export { type FilmStep, type FilmTiming, type FilmFrame, film } from './film.ts';
export { textWidth, textHeight, capHeight, drawText, fitText } from './lettering.ts';
export { crc32, crc32c } from './crc32.ts';
