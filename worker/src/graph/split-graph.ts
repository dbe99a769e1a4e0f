import { type GraphNode, nodeNameOf } from './graph-proto.ts';
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
    if (input.some((source) => isLate.has(nodeNameOf(source)))) isLate.add(name);
  }
  const early = graph.nodes.filter(({ name }) => !isLate.has(name));
  const late = graph.nodes.filter(({ name, op }) => isLate.has(name) && op !== 'Placeholder');
  if (!early.some(({ op }) => HEAVY.test(op)) || !isLate.has(nodeNameOf(graph.output))) return undefined;

  const crossing = [...new Set(late.flatMap(({ input }) => input))].filter(
    (source) => !isLate.has(nodeNameOf(source)),
  );
  // What follows from constants alone is computed on both sides: as such the engine sees through it.
  const constants = constantsOf(graph.nodes);
  const placeholders = graph.nodes.filter(({ op }) => op === 'Placeholder');
  const isOnBothSides = new Set([...constants, ...placeholders].map(({ name }) => name));
  const cuts = crossing.filter((source) => !isOnBothSides.has(nodeNameOf(source)));
  const names = new Map(cuts.map((source, i) => [source, `cut${i}`]));
  const given = cuts.map((source) =>
    placeholderOf(names.get(source) ?? source, graph.types.get(source) ?? { dtype: 1, shape: [] }),
  );
  return {
    early: {
      nodes: early,
      inputs: graph.inputs.filter((name) => name !== lateInput),
      outputs: cuts,
    },
    late: {
      nodes: [
        ...placeholders,
        ...constants,
        ...given,
        ...late.map((node) => ({ ...node, input: node.input.map((source) => names.get(source) ?? source) })),
      ],
      inputs: [...graph.inputs, ...given.map(({ name }) => name)],
      outputs: [graph.output],
    },
  };
}

/** Constants, and what is computed of nothing else. */
function constantsOf(nodes: readonly GraphNode[]): GraphNode[] {
  const known = new Set<string>();
  return nodes.filter(({ name, op, input }) => {
    const isConstant =
      op === 'Const' || (input.length > 0 && input.every((source) => known.has(nodeNameOf(source))));
    if (isConstant) known.add(name);
    return isConstant;
  });
}
