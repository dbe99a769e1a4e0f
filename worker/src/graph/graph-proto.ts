import protobuf from 'protobufjs';

/** A node of a TensorFlow graph. An input is 'name' or 'name:output'. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

/** The node that a source, 'name' or 'name:output', is an output of. */
export function nodeNameOf(source: string): string {
  return source.split(':')[0] ?? source;
}

/** One field of tensorflow.AttrValue; types are numbers of tensorflow.DataType. */
export type AttrValue =
  | { readonly s: Uint8Array }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly type: number }
  | { readonly shape: ShapeValue }
  | {
      readonly tensor: {
        readonly dtype: number;
        readonly tensorShape: ShapeValue;
        readonly tensorContent: Uint8Array;
      };
    }
  | {
      readonly list:
        | { readonly i: readonly number[] }
        | { readonly f: readonly number[] }
        | { readonly b: readonly boolean[] };
    };

export interface ShapeValue {
  readonly dim: readonly { readonly size: number }[];
}

/** The messages of tensorflow/core/protobuf/saved_model.proto and below, as far as a graph of ours needs them. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  package tensorflow;
  message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
  message MetaGraphDef { MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; }
  message MetaInfoDef { repeated string tags = 4; }
  message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
  message VersionDef { int32 producer = 1; int32 min_consumer = 2; }
  message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
  message AttrValue {
    oneof value {
      ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; TensorShapeProto shape = 7;
      TensorProto tensor = 8;
    }
  }
  message ListValue { repeated int64 i = 3; repeated float f = 4; repeated bool b = 5; }
  message TensorShapeProto { message Dim { int64 size = 1; } repeated Dim dim = 2; }
  message TensorProto { int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; }
`);
const savedModel = root.lookupType('tensorflow.SavedModel');

/** Graphs of this version of the format run in every TensorFlow 2. */
const PRODUCER_VERSION = 1087;

export const GRAPH_TAG = 'atelier';

/** The bytes of saved_model.pb. Equal graphs give equal bytes. */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const graphDef = { node: nodes, versions: { producer: PRODUCER_VERSION, minConsumer: 0 } };
  return savedModel
    .encode({ savedModelSchemaVersion: 1, metaGraphs: [{ metaInfoDef: { tags: [GRAPH_TAG] }, graphDef }] })
    .finish();
}
