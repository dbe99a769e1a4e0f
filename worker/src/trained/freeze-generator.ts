import { flatLayoutOf, sizeOf } from '@atelier/shared/layout/flat-layout';
import { keyOf, normal, uniform } from '@atelier/shared/random/keyed-random';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { CompiledGraph } from '../graph/compiled-graph.ts';
import { recordGraph } from '../graph/graph-recorder.ts';
import { nativeIdsOf, takeFloats } from '../graph/native-backend.ts';
import type { Model } from '../model/define-model.ts';
import { named } from '../model/named.ts';
import { ExportError } from './export-error.ts';
import { type FrozenGraph, frozenGraphOf, type GraphBindings, type GraphPort } from './frozen-graph.ts';
import { type TrainedTensors, withTrained } from './group-tensors.ts';
import type { TrainedFlats } from './trained-work.ts';

export const CONTENT = 'content';
export const STYLE = 'style';
export const NOISE = 'noise';
export const IMAGE = 'image';

/** Of values in [-1, 1]. TensorFlow fuses and orders the operations of a graph as it likes. */
const MAX_DEVIATION = 1e-4;

/**
 * Records how a trained model makes one image, and tries the graph on other inputs than those it was recorded with: what
 * JavaScript computed from values would be wrong there.
 * @throws ExportError not-recordable, other-values
 */
export function freezeGenerator(model: Model, flats: TrainedFlats): FrozenGraph {
  return withTrained(model, model.generate.uses, flats, (trained) => {
    const examples = inputsOf(model, 'recorded');
    const others = inputsOf(model, 'tried');
    try {
      const graph = recorded(model, trained, flats, examples);
      expectSameValues(graph, model, trained, others);
      return graph;
    } finally {
      tf.dispose([...examples, ...others].map(({ tensor }) => tensor));
    }
  });
}

interface Input extends GraphPort {
  readonly tensor: tf.Tensor;
}

function recorded(
  model: Model,
  trained: TrainedTensors,
  flats: TrainedFlats,
  inputs: readonly Input[],
): FrozenGraph {
  const parameters = parametersOf(model, trained, flats);
  const tensors = [...parameters, ...inputs].map(({ tensor }) => tensor);
  const { result, graph } = recordGraph(tensors, () => generated(model, trained, inputs));
  const { shape } = result;
  result.dispose();
  if ('problem' in graph) {
    throw new ExportError(
      'not-recordable',
      `model '${model.name}' cannot be exported, because its generate cannot be recorded as a graph: ${graph.problem}`,
    );
  }
  const bindings: GraphBindings = {
    parameters: parameters.map(({ name, shape, values }) => ({ name, shape, values })),
    inputs: inputs.map(({ name, shape }) => ({ name, shape })),
    output: { name: IMAGE, shape },
  };
  return frozenGraphOf(graph, bindings);
}

function expectSameValues(
  { nodes, inputs, output }: FrozenGraph,
  model: Model,
  trained: TrainedTensors,
  others: readonly Input[],
): void {
  const image = generated(model, trained, others);
  const wanted = image.dataSync<'float32'>();
  image.dispose();
  const compiled = new CompiledGraph({
    nodes,
    inputs: inputs.map(({ name }) => name),
    outputs: [output.name],
  });
  try {
    const [id = -1] = compiled.run(nativeIdsOf(others.map(({ tensor }) => tensor)));
    const got = takeFloats(id);
    const deviation = got.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? 0))), 0);
    if (deviation <= MAX_DEVIATION) return;
    throw new ExportError(
      'other-values',
      `model '${model.name}' cannot be exported: its graph gives values that differ by ${deviation}; keep what is ` +
        `computed from tensors' values out of generate`,
    );
  } finally {
    compiled.dispose();
  }
}

function generated(
  { generate }: Model,
  { parameters, statistics }: TrainedTensors,
  inputs: readonly Input[],
): tf.Tensor4D {
  return tf.tidy(() => {
    const [first, second] = inputs.map(({ tensor }) => tensor);
    return generate.kind === 'noise'
      ? generate.run(parameters, statistics, first as tf.Tensor2D)
      : generate.run(parameters, statistics, first as tf.Tensor4D, second as tf.Tensor4D);
  });
}

/** In one order: parameters, then statistics, each as laid out. */
function parametersOf(model: Model, trained: TrainedTensors, flats: TrainedFlats) {
  const groups = model.groups.filter(({ name }) => model.generate.uses.includes(name));
  return (['parameters', 'statistics'] as const).flatMap((kind) =>
    groups.flatMap(({ name: group, tensors, statistics = [] }) =>
      flatLayoutOf(kind === 'parameters' ? tensors : statistics).tensors.map(
        ({ name, shape, offset, size }) => ({
          name: kind === 'parameters' ? `${group}/${name}` : `${group}/statistics/${name}`,
          shape,
          values: named(flats[kind], group).subarray(offset, offset + size),
          tensor: named(named(trained[kind], group), name),
        }),
      ),
    ),
  );
}

function inputsOf({ name: model, generate, domains }: Model, purpose: string): Input[] {
  const inputOf = (name: string, shape: number[]): Input => {
    const key = keyOf('export', model, purpose, name);
    const values =
      name === NOISE ? normal(key, sizeOf(shape)) : uniform(key, sizeOf(shape)).map((value) => 2 * value - 1);
    return { name, shape, tensor: tf.tensor(values, shape) };
  };
  if (generate.kind === 'noise') return [inputOf(NOISE, [1, generate.noiseSize])];
  return [CONTENT, STYLE].map((name) => {
    const { size, channels } = named(domains, name === CONTENT ? generate.content : generate.style);
    return inputOf(name, [1, size, size, channels]);
  });
}
