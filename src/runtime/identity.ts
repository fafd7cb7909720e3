/** The smallest model, y = x for a vector of any length: it tries a device out, and brings a GPU tensor back to the host. */
import type { Dtype } from '../core/tensor.ts';
import { encodeOnnx } from '../graph/onnx.ts';

export const identityModel = (dtype: Dtype): Uint8Array => encodeOnnx({
  opset: 17,
  nodes: [{ op: 'Identity', domain: '', name: 'identity', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: [],
  inputs: [{ name: 'x', dtype, shape: [-1] }],
  outputs: [{ name: 'y', dtype, shape: [-1] }],
});
