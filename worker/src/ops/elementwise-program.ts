import type { Cluster } from './elementwise-clusters.ts';
import { type ElementwiseNode, isReduction, OPCODES, type Operand } from './elementwise-node.ts';

/** A pass of `worker/native/kernels.h`: its places are the inputs, the constants, the outputs and the temporaries. */
export interface ElementwiseProgram {
  /** Elements that it goes through. */
  readonly size: number;
  /** Length of a row, where it matters. */
  readonly columns: number | undefined;
  readonly inputs: readonly Extract<Operand, { source: string }>[];
  readonly constants: readonly number[];
  /** Nodes of the cluster that are asked for outside of it. */
  readonly outputs: readonly ElementwiseNode[];
  readonly numTemporaries: number;
  /** [opcode, left, right, result] each, by place. */
  readonly instructions: readonly (readonly [number, number, number, number])[];
}

/**
 * @param cluster in an order of execution
 * @param isWanted of the names of its nodes
 */
export function programOf(cluster: Cluster, isWanted: (name: string) => boolean): ElementwiseProgram {
  const members = new Set(cluster.map(({ name }) => name));
  const operands = cluster.flatMap((node) => node.operands);
  const inputs = unique(
    operands.flatMap((operand) =>
      operand.kind === 'constant' || members.has(operand.source) ? [] : operand,
    ),
    ({ kind, source }) => `${kind} ${source}`,
  );
  const constants = [
    ...new Set(operands.flatMap((operand) => (operand.kind === 'constant' ? operand.value : []))),
  ];
  const outputs = cluster.filter(({ name }) => isWanted(name));

  const firstOutput = inputs.length + constants.length;
  const firstTemporary = firstOutput + outputs.length;
  const places = new Map(outputs.map(({ name }, i) => [name, firstOutput + i]));
  const lastUses = lastUsesOf(cluster);
  const free: number[] = [];
  let numTemporaries = 0;

  const placeOf = (operand: Operand | undefined): number => {
    if (operand === undefined) return -1;
    if (operand.kind === 'constant') return inputs.length + constants.indexOf(operand.value);
    const input = inputs.findIndex(({ kind, source }) => kind === operand.kind && source === operand.source);
    return input === -1 ? (places.get(operand.source) ?? -1) : input;
  };
  const instructions = cluster.map((node, position) => {
    const [left, right] = [placeOf(node.operands[0]), placeOf(node.operands[1])];
    // What is read for the last time gives its place to the result: an element is written after it was read.
    for (const name of lastUses.get(position) ?? []) {
      const place = places.get(name) ?? -1;
      if (place >= firstTemporary) free.push(place);
    }
    const result = places.get(node.name) ?? free.pop() ?? firstTemporary + numTemporaries++;
    places.set(node.name, result);
    return [OPCODES.indexOf(node.opcode), left, right, result] as const;
  });
  const [{ size } = { size: 0 }] = cluster;
  const columns = cluster.map((node) => node.columns).find((each) => each !== undefined);
  return { size, columns, inputs, constants, outputs, numTemporaries, instructions };
}

/** By position in the cluster, the nodes whose values are used there and not later. */
function lastUsesOf(cluster: Cluster): ReadonlyMap<number, readonly string[]> {
  const last = new Map<string, number>();
  for (const [position, { operands }] of cluster.entries()) {
    for (const operand of operands) if (operand.kind !== 'constant') last.set(operand.source, position);
  }
  const byPosition = new Map<number, string[]>();
  for (const [name, position] of last) byPosition.set(position, [...(byPosition.get(position) ?? []), name]);
  return byPosition;
}

function unique<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

/** Whether one pass saves something over TensorFlow's: several ops, or one that is several or slow there. */
export function isWorthwhile(cluster: Cluster): boolean {
  return cluster.length > 1 || cluster.some(({ opcode }) => opcode === 'step' || isReduction(opcode));
}
