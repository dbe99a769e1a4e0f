import type { AttrValue, GraphNode } from '../graph/graph-proto.ts';
import type { RecordedGraph, TensorType } from '../graph/graph-recorder.ts';

/**
 * The same graph with its 4x4 convolutions of stride 2, transposed ones among them, and their gradients replaced by our
 * ops (`worker/native`), which take 9 products where TensorFlow's take 16 (Winograd's minimal filtering). Values differ
 * by rounding. What these do not fit stays as it is: sides that are no multiple of 4, and channels that are
 * no multiple of 16, unless the larger image has 4 at most.
 */
export function withWinogradConvolutions(graph: RecordedGraph): RecordedGraph {
  const { types } = graph;
  return { ...graph, nodes: graph.nodes.map((node) => winogradOf(node, types) ?? node) };
}

type Types = ReadonlyMap<string, TensorType>;

/** Shapes of a convolution's larger image, smaller image and kernel, and the inputs of our op, by TensorFlow's op. */
const READERS: Readonly<Record<string, (node: GraphNode, types: Types) => Found>> = {
  Conv2D: ({ name, input: [image = '', kernel = ''] }, types) => ({
    op: 'AtelierConv4x4',
    input: [image, kernel],
    shapes: [types.get(image), types.get(name), types.get(kernel)],
  }),
  Conv2DBackpropInput: ({ name, input: [, kernel = '', gradient = ''] }, types) => ({
    op: 'AtelierConv4x4BackpropInput',
    input: [kernel, gradient],
    shapes: [types.get(name), types.get(gradient), types.get(kernel)],
  }),
  Conv2DBackpropFilter: ({ name, input: [image = '', , gradient = ''] }, types) => ({
    op: 'AtelierConv4x4BackpropFilter',
    input: [image, gradient],
    shapes: [types.get(image), types.get(gradient), types.get(name)],
  }),
};

interface Found {
  readonly op: string;
  readonly input: readonly string[];
  readonly shapes: readonly (TensorType | undefined)[];
}

function winogradOf(node: GraphNode, types: Types): GraphNode | undefined {
  const found = READERS[node.op]?.(node, types);
  if (found === undefined || !isHalving(node.attr)) return undefined;
  const [large = [], small = [], kernel = []] = found.shapes.map((type) => type?.shape ?? []);
  const [, rows = 0, columns = 0, channels = 0] = large;
  const [, smallRows = 0, smallColumns = 0, features = 0] = small;
  const isFitting =
    kernel[0] === 4 &&
    kernel[1] === 4 &&
    kernel[2] === channels &&
    kernel[3] === features &&
    rows === 2 * smallRows &&
    columns === 2 * smallColumns &&
    [rows, columns].every((side) => side > 0 && side % 4 === 0) &&
    features > 0 &&
    features % 16 === 0 &&
    channels > 0 &&
    (channels % 16 === 0 || channels <= 4);
  return isFitting ? { name: node.name, op: found.op, input: found.input, attr: {} } : undefined;
}

/** Stride 2 with a frame of one zero pixel: what 'same' means for a 4x4 kernel and even sides. */
function isHalving(attr: GraphNode['attr']): boolean {
  return (
    textOf(attr['padding']) === 'SAME' &&
    textOf(attr['data_format']) === 'NHWC' &&
    isList(attr['strides'], [1, 2, 2, 1]) &&
    isList(attr['dilations'], [1, 1, 1, 1])
  );
}

function textOf(value: AttrValue | undefined): string {
  return value !== undefined && 's' in value ? Buffer.from(value.s).toString() : '';
}

function isList(value: AttrValue | undefined, wanted: readonly number[]): boolean {
  return (
    value !== undefined && 'list' in value && 'i' in value.list && String(value.list.i) === String(wanted)
  );
}
