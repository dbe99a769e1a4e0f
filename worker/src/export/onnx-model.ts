import type { FrozenGraph } from '../trained/frozen-graph.ts';
import { writeOnnxNode } from './onnx-operators.ts';
import { encodeOnnx } from './onnx-proto.ts';
import { OnnxWriter } from './onnx-writer.ts';

/**
 * The bytes of a .onnx file (opset 18): inputs and output are those of the graph, NHWC float32.
 * @throws ExportError unknown-op
 */
export function onnxModelOf(
  graph: FrozenGraph,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { nodes, inputs, output } = graph;
  const writer = new OnnxWriter(graph);
  for (const node of nodes) {
    if (node.op !== 'Const' && node.op !== 'Placeholder') writeOnnxNode(node, writer);
  }
  return encodeOnnx({
    name,
    nodes: writer.nodes,
    initializers: writer.initializers,
    inputs,
    outputs: [output],
    metadata,
  });
}
