import type { AttrValue, GraphNode } from '../graph/graph-proto.ts';
import { ExportError } from '../trained/export-error.ts';
import { constantIn, DT_FLOAT, DT_INT32, type FrozenGraph, type GraphPort } from '../trained/frozen-graph.ts';

/** The files of a TF.js graph model: `tf.loadGraphModel('.../model.json')` reads them. */
export interface TfjsModel {
  readonly 'model.json': Uint8Array;
  readonly 'weights.bin': Uint8Array;
}

/** By tensorflow.DataType. */
const TYPES: Readonly<Record<number, { readonly name: string; readonly tfjs: string }>> = {
  [DT_FLOAT]: { name: 'DT_FLOAT', tfjs: 'float32' },
  [DT_INT32]: { name: 'DT_INT32', tfjs: 'int32' },
};

/**
 * The graph in the format of tfjs-converter: the nodes as JSON, the constants' bytes in a file of their own, in the
 * order of the nodes.
 * @param metadata kept as userDefinedMetadata
 */
export function tfjsModelOf(graph: FrozenGraph, metadata: Readonly<Record<string, unknown>>): TfjsModel {
  const constants = graph.nodes.flatMap(({ name, ...node }) => {
    const constant = constantIn({ name, ...node });
    return constant === undefined ? [] : [{ name, ...constant }];
  });
  const model = {
    format: 'graph-model',
    generatedBy: 'atelier',
    convertedBy: null,
    signature: {
      inputs: Object.fromEntries(graph.inputs.map((port) => [port.name, tensorInfoOf(port)])),
      outputs: { [graph.output.name]: tensorInfoOf(graph.output) },
    },
    userDefinedMetadata: metadata,
    modelTopology: { node: graph.nodes.map(nodeJsonOf), library: {}, versions: { producer: 1087 } },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: constants.map(({ name, shape, dtype }) => ({ name, shape, dtype: typeOf(dtype).tfjs })),
      },
    ],
  };
  return {
    'model.json': Buffer.from(JSON.stringify(model)),
    'weights.bin': Buffer.concat(constants.map(({ bytes }) => bytes)),
  };
}

function tensorInfoOf({ name, shape }: GraphPort) {
  return { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeJsonOf(shape) };
}

/** 64-bit numbers are texts in the JSON of protocol buffers. */
function shapeJsonOf(shape: readonly number[]) {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

function nodeJsonOf({ name, op, input, attr }: GraphNode) {
  const entries = Object.entries(attr).map(([key, value]) => [key, attrJsonOf(value)] as const);
  return { name, op, input, attr: Object.fromEntries(entries) };
}

function attrJsonOf(value: AttrValue): unknown {
  if ('type' in value) return { type: typeOf(value.type).name };
  if ('s' in value) return { s: Buffer.from(value.s).toString('base64') };
  if ('i' in value) return { i: String(value.i) };
  if ('shape' in value) return { shape: shapeJsonOf(value.shape.dim.map(({ size }) => size)) };
  if ('list' in value) return { list: 'i' in value.list ? { i: value.list.i.map(String) } : value.list };
  if (!('tensor' in value)) return value;
  const { dtype, tensorShape } = value.tensor;
  return {
    tensor: { dtype: typeOf(dtype).name, tensorShape: shapeJsonOf(tensorShape.dim.map(({ size }) => size)) },
  };
}

function typeOf(dtype: number): { readonly name: string; readonly tfjs: string } {
  const type = TYPES[dtype];
  if (type === undefined) throw new ExportError('unknown-op', `tensors of type ${dtype} cannot be exported`);
  return type;
}
