import type { GraphNode } from './graph-proto.ts';
import { placeholderOf, type RecordedGraph } from './graph-recorder.ts';

/** A part of a recorded graph. `inputs` and `outputs` are sources of the whole: what it takes and what it gives. */
export interface GraphPart {
  readonly nodes: readonly GraphNode[];
  /** Names of its placeholders. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface SplitGraph {
  /** All that does not depend on the late input. */
  readonly early: GraphPart;
  /** The rest. Its inputs: those of the whole, then what the early part gives, in its order. */
  readonly late: GraphPart;
}

/** Ops worth being computed earlier for. */
const HEAVY = /Conv|MatMul/;

/**
 * Cuts a graph in two, so that what does not depend on one input can be computed before that is known. The ops are the
 * same, and so are their results.
 * @returns undefined where nothing heavy can be computed before
 */
export function splitGraph(graph: RecordedGraph, lateInput: string): SplitGraph | undefined {
  const isLate = new Set([lateInput]);
  for (const { name, input } of graph.nodes) {
    if (input.some((source) => isLate.has(nodeOf(source)))) isLate.add(name);
  }
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const early = graph.nodes.filter(({ name }) => !isLate.has(name));
  const late = graph.nodes.filter(({ name, op }) => isLate.has(name) && op !== 'Placeholder');
  if (!early.some(({ op }) => HEAVY.test(op)) || !isLate.has(nodeOf(graph.output))) return undefined;

  const crossing = [...new Set(late.flatMap(({ input }) => input))].filter(
    (source) => !isLate.has(nodeOf(source)),
  );
  const opOf = (source: string) => byName.get(nodeOf(source))?.op;
  const constants = crossing.filter((source) => opOf(source) === 'Const').map((source) => byName.get(source));
  const cuts = crossing.filter((source) => opOf(source) !== 'Const' && opOf(source) !== 'Placeholder');
  const names = new Map(cuts.map((source, i) => [source, `cut${i}`]));
  const given = cuts.map((source) =>
    placeholderOf(names.get(source) ?? source, graph.types.get(source) ?? { dtype: 1, shape: [] }),
  );
  const placeholders = graph.nodes.filter(({ op }) => op === 'Placeholder');
  return {
    early: {
      nodes: early,
      inputs: graph.inputs.filter((name) => name !== lateInput),
      outputs: cuts,
    },
    late: {
      nodes: [
        ...placeholders,
        ...constants.filter((node) => node !== undefined),
        ...given,
        ...late.map((node) => ({ ...node, input: node.input.map((source) => names.get(source) ?? source) })),
      ],
      inputs: [...graph.inputs, ...given.map(({ name }) => name)],
      outputs: [graph.output],
    },
  };
}

function nodeOf(source: string): string {
  return source.split(':')[0] ?? source;
}
