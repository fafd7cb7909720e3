/**
 * The order in which ONNX Runtime runs the nodes of a model. It is not that of the file: ONNX Runtime walks depth first from the nodes that nothing reads, the
 * last of them first, and into the operands of a node from the last made to the first; a node runs when its operands have.
 * Source: `Graph::ReverseDFSFrom` and `GraphViewer` in onnxruntime/core/graph; with optimizations off it is exactly this order.
 */
import type { OnnxModel, OnnxNode } from './onnx-model.ts';

/** The nodes in the order in which they run. */
export function executionOrder({ nodes }: Pick<OnnxModel, 'nodes'>): OnnxNode[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => { for (const name of node.outputs) producer.set(name, i); });
  const operands = nodes.map((node) => [...new Set(node.inputs.map((name) => producer.get(name)).filter((i) => i !== undefined))].sort((a, b) => a - b));
  const read = new Set(operands.flat());

  const order: OnnxNode[] = [];
  const entered = new Set<number>();
  const stack = nodes.map((_, i) => ({ i, leaving: false })).filter(({ i }) => !read.has(i));
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.leaving) order.push(nodes[top.i]);
    else if (!entered.has(top.i)) {
      entered.add(top.i);
      stack.push({ i: top.i, leaving: true });
      for (const i of operands[top.i]) if (!entered.has(i)) stack.push({ i, leaving: false });
    }
  }
  return order;
}
