import { type GraphNode, nodeNameOf } from '../graph/graph-proto.ts';
import type { TensorType } from '../graph/graph-recorder.ts';
import type { GraphPart } from '../graph/split-graph.ts';
import { clustersOf, inputsOf } from './elementwise-clusters.ts';
import { ElementwiseReader, isReduction } from './elementwise-node.ts';
import { type ElementwiseProgram, isWorthwhile, programOf } from './elementwise-program.ts';

/**
 * The same graph with element-wise ops gathered into our own (`worker/native`), each of which reads and writes memory
 * once for many of TensorFlow's. Their arithmetic is the same, op by op; sums over rows are added up in another order.
 * @param typesOfWhole of the recorded graph that `given` is a part of, by source
 */
export function withFusedElementwise(
  given: GraphPart,
  typesOfWhole: ReadonlyMap<string, TensorType>,
): GraphPart {
  const types = new Map([...typesOfWhole, ...placeholderTypesOf(given)]);
  const reader = new ElementwiseReader(given.nodes, types);
  const uncast = (source: string) => reader.uncast(source);
  const part: GraphPart = {
    ...given,
    nodes: given.nodes.map((node) => ({ ...node, input: node.input.map(uncast) })),
    outputs: given.outputs.map(uncast),
  };
  const elementwise = new Map(
    part.nodes.flatMap((node) => {
      const read = reader.read(node);
      return read === undefined ? [] : [[node.name, read] as const];
    }),
  );
  const clusters = clustersOf(part.nodes, elementwise).filter(isWorthwhile);
  const fused = new Map(clusters.flat().map((node) => [node.name, node]));
  const needed = neededNodes(part, (node) => inputsOf(node, fused));
  const clusterOf = new Map(
    clusters.flatMap((cluster) => cluster.map(({ name }) => [name, cluster] as const)),
  );
  // What a node takes of its own cluster stays within the pass.
  const taken = needed.flatMap((node) => {
    const own = clusterOf.get(node.name);
    const names = inputsOf(node, fused).map(nodeNameOf);
    return own === undefined ? names : names.filter((name) => clusterOf.get(name) !== own);
  });
  const wanted = new Set([...part.outputs.map(nodeNameOf), ...taken]);

  const sources = new Map<string, string>();
  const isNeeded = new Set(needed.map(({ name }) => name));
  const ops = clusters.flatMap((cluster, i) => {
    const alive = cluster.filter(({ name }) => isNeeded.has(name));
    if (alive.length === 0) return [];
    const program = programOf(alive, (name) => wanted.has(name));
    const name = `fused${i}`;
    for (const [position, output] of program.outputs.entries())
      sources.set(output.name, position === 0 ? name : `${name}:${position}`);
    return [{ name, program }];
  });
  const renamed = (source: string) => sources.get(source) ?? source;
  return {
    ...part,
    nodes: [
      ...needed
        .filter(({ name }) => !fused.has(name))
        .map((node) => ({ ...node, input: node.input.map(renamed) })),
      ...ops.map(({ name, program }) => nodeOf(name, program, renamed, types)),
    ],
    outputs: part.outputs.map(renamed),
  };
}

/** A part's placeholders are not all of the whole. */
function placeholderTypesOf({ nodes }: GraphPart): [string, TensorType][] {
  return nodes.flatMap(({ name, op, attr: { dtype, shape } }) =>
    op === 'Placeholder' && dtype && 'type' in dtype && shape && 'shape' in shape
      ? [[name, { dtype: dtype.type, shape: shape.shape.dim.map(({ size }) => size) }]]
      : [],
  );
}

/** Those that the outputs depend on, and the placeholders. */
function neededNodes(part: GraphPart, inputsOfNode: (node: GraphNode) => readonly string[]): GraphNode[] {
  const byName = new Map(part.nodes.map((node) => [node.name, node]));
  const needed = new Set(part.inputs);
  const next = part.outputs.map(nodeNameOf);
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    const node = byName.get(name);
    if (node === undefined || needed.has(name)) continue;
    needed.add(name);
    next.push(...inputsOfNode(node).map(nodeNameOf));
  }
  return part.nodes.filter(({ name }) => needed.has(name));
}

const INPUT_KINDS = { full: 0, column: 1, scalar: 2 } as const;

function nodeOf(
  name: string,
  program: ElementwiseProgram,
  renamed: (source: string) => string,
  types: ReadonlyMap<string, TensorType>,
): GraphNode {
  const { inputs, constants, outputs, numTemporaries, instructions } = program;
  const shapes = outputs.map((output) => types.get(output.name)?.shape ?? []);
  const columns = program.columns ?? 1;
  return {
    name,
    op: 'AtelierElementwise',
    input: inputs.map(({ source }) => renamed(source)),
    attr: {
      N: { i: inputs.length },
      M: { i: outputs.length },
      input_kinds: { list: { i: inputs.map(({ kind }) => INPUT_KINDS[kind]) } },
      output_is_sum: { list: { i: outputs.map(({ opcode }) => Number(isReduction(opcode))) } },
      output_ranks: { list: { i: shapes.map((shape) => shape.length) } },
      output_dims: { list: { i: shapes.flat() } },
      size: { i: program.size },
      columns: { i: columns },
      constants: { list: { f: constants } },
      num_temporaries: { i: numTemporaries },
      program: { list: { i: instructions.flat() } },
    },
  };
}
