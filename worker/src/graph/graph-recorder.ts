import type * as tf from '@tensorflow/tfjs-node-gpu';
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import type { AttrValue, GraphNode, ShapeValue } from './graph-proto.ts';
import { nativeBinding, nativeIdsOf, withBinding } from './native-backend.ts';

export interface RecordedGraph {
  /** In the order of execution: names and order depend on nothing but the calls. */
  readonly nodes: readonly GraphNode[];
  /** Placeholder names of the inputs, in their order. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** Of the nodes' first outputs, by node, as they were in this run. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Of all inputs, constants and outputs of ops, by source. */
  readonly types: ReadonlyMap<string, TensorType>;
}

/** A tensor without its values; the type is a number of tensorflow.DataType. */
export interface TensorType {
  readonly dtype: number;
  readonly shape: readonly number[];
}

export interface Recording<T extends tf.Tensor> {
  /** What the run gave: it computes as ever while it is recorded. */
  readonly result: T;
  /** The graph, or why the run is not one. */
  readonly graph: RecordedGraph | { readonly problem: string };
}

/**
 * Records one run of a pure function of tensors into a TensorFlow graph. TF.js sends every kernel through
 * `binding.executeOp`; what it was called with, in order, is the graph. What JavaScript puts in on the way (scalars,
 * shapes) becomes constants; a function that reads tensors, which JavaScript might turn into such constants, is not
 * recordable.
 */
export function recordGraph<T extends tf.Tensor>(inputs: readonly tf.Tensor[], run: () => T): Recording<T> {
  const recorder = new GraphRecorder(nativeBinding());
  const ids = nativeIdsOf(inputs);
  const names = ids.map((id, i) => recorder.addInput(id, `input${i}`, inputs[i]?.shape ?? []));
  const result = withBinding(recorder.binding, run);
  return { result, graph: recorder.finish(names, nativeIdsOf([result])) };
}

class GraphRecorder {
  /** Does what the engine's does, and takes notes. */
  readonly binding: TFJSBinding;
  readonly #nodes: GraphNode[] = [];
  /** Where each tensor comes from, by its number: 'node' or 'node:output'. */
  readonly #sources = new Map<number, string>();
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #types = new Map<string, TensorType>();
  readonly #constants = new Set<number>();
  #problem: string | undefined;

  constructor(real: TFJSBinding) {
    const recording: Partial<TFJSBinding> = {
      createTensor: (shape, dtype, values) => {
        const id = real.createTensor(shape, dtype, values);
        this.#addConstant(id, shape, dtype, values);
        return id;
      },
      executeOp: (op, attrs, inputIds, numOutputs) => {
        const outputs = real.executeOp(op, attrs, inputIds, numOutputs);
        this.#addOp(op, attrs, inputIds, outputs);
        return outputs;
      },
      tensorDataSync: (id) => {
        if (!this.#constants.has(id)) this.#cannot('it reads the values of a tensor');
        return real.tensorDataSync(id);
      },
      runSavedModel: (...call) => {
        this.#cannot('it runs a saved model');
        return real.runSavedModel(...call);
      },
    };
    // The addon's properties are read-only, so no assignment.
    this.binding = Object.create(real, Object.getOwnPropertyDescriptors(recording));
  }

  addInput(id: number, name: string, shape: readonly number[]): string {
    const type = { dtype: this.binding.TF_FLOAT, shape };
    this.#nodes.push(placeholderOf(name, type));
    this.#types.set(name, type);
    this.#sources.set(id, name);
    return name;
  }

  finish(inputs: readonly string[], [outputId = -1]: readonly number[]): Recording<tf.Tensor>['graph'] {
    const output = this.#sources.get(outputId);
    if (output === undefined) this.#cannot('its result comes from elsewhere');
    return this.#problem === undefined && output !== undefined
      ? { nodes: this.#nodes, inputs, output, shapes: this.#shapes, types: this.#types }
      : { problem: this.#problem ?? 'unknown' };
  }

  #addConstant(id: number, shape: readonly number[], dtype: number, values: unknown): void {
    if (!ArrayBuffer.isView(values)) {
      this.#cannot(`it makes a tensor of type ${dtype}`);
      return;
    }
    const name = this.#nextName();
    // Copied: JavaScript may change it later, the constant must not.
    const tensorContent = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    const value = { tensor: { dtype, tensorShape: shapeValueOf(shape), tensorContent } };
    this.#nodes.push({ name, op: 'Const', input: [], attr: { dtype: { type: dtype }, value } });
    this.#sources.set(id, name);
    this.#types.set(name, { dtype, shape });
    this.#constants.add(id);
  }

  #addOp(
    op: string,
    attrs: readonly TFEOpAttr[],
    inputIds: readonly number[],
    outputs: readonly TensorMetadata[],
  ): void {
    if (/Random|Multinomial/.test(op)) {
      this.#cannot(`op ${op} draws its own random numbers`);
      return;
    }
    const input = inputIds.map((id) => this.#sources.get(id));
    if (!input.every((source) => source !== undefined)) {
      this.#cannot(`op ${op} uses a tensor that was made outside of it`);
      return;
    }
    const name = this.#nextName();
    const attr = Object.fromEntries(attrs.map((each) => [each.name, this.#attrValueOf(op, each)]));
    this.#nodes.push({ name, op, input, attr });
    for (const [i, { id, dtype, shape }] of outputs.entries()) {
      const source = i === 0 ? name : `${name}:${i}`;
      this.#sources.set(id, source);
      this.#types.set(source, { dtype, shape });
    }
    this.#shapes.set(name, outputs[0]?.shape ?? []);
  }

  #attrValueOf(op: string, { name, type, value }: TFEOpAttr): AttrValue {
    const { binding } = this;
    if (type === binding.TF_ATTR_STRING && typeof value === 'string') return { s: Buffer.from(value) };
    if (type === binding.TF_ATTR_BOOL) return { b: Boolean(value) };
    if (type === binding.TF_ATTR_TYPE) return { type: Number(value) };
    if (type === binding.TF_ATTR_INT)
      return Array.isArray(value) ? { list: { i: value } } : { i: Number(value) };
    if (type === binding.TF_ATTR_FLOAT)
      return Array.isArray(value) ? { list: { f: value } } : { f: Number(value) };
    if (type === binding.TF_ATTR_SHAPE && Array.isArray(value)) return { shape: shapeValueOf(value) };
    this.#cannot(`attribute ${name} of op ${op} is of an unknown kind`);
    return { b: false };
  }

  #nextName(): string {
    return `node${this.#nodes.length}`;
  }

  #cannot(problem: string): void {
    this.#problem ??= problem;
  }
}

export function placeholderOf(name: string, { dtype, shape }: TensorType): GraphNode {
  return {
    name,
    op: 'Placeholder',
    input: [],
    attr: { dtype: { type: dtype }, shape: { shape: shapeValueOf(shape) } },
  };
}

function shapeValueOf(shape: readonly number[]): ShapeValue {
  return { dim: shape.map((size) => ({ size })) };
}
