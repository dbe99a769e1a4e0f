import { isLeftChild, type NodeId, nodeKey, parentOf, rootOf, siblingOf } from '@atelier/shared/tree/node-id';

/** What is pushed: the node's sum, and which virtual workers are in it, so that double counting shows. */
export interface Payload {
  readonly sum: number;
  readonly leaves: readonly number[];
}

/** One parameter. Its gradient depends on step, virtual worker and parameter, and no two roundings are alike. */
function gradientOf(step: number, virtualWorker: number, parameter: number): number {
  return Math.fround(Math.sin(1 + step * 12.9898 + virtualWorker * 78.233 + parameter));
}

export function payloadOf(step: number, node: NodeId, parameter: number): Payload {
  if (node.level === 0) return { sum: gradientOf(step, node.index, parameter), leaves: [node.index] };
  const left = { level: node.level - 1, index: node.index * 2 };
  return add(payloadOf(step, left, parameter), payloadOf(step, siblingOf(left), parameter));
}

function add(left: Payload, right: Payload): Payload {
  return { sum: Math.fround(left.sum + right.sum), leaves: [...left.leaves, ...right.leaves] };
}

export function updated(parameter: number, sum: number): number {
  return Math.fround(parameter - 0.1 * sum);
}

/** The parameter before each step of an undisturbed run, and last the one it ends with. */
export function undisturbedRun(numVirtualWorkers: number, numSteps: number): number[] {
  const parameters = [1];
  let parameter = 1;
  for (let step = 0; step < numSteps; step += 1) {
    parameter = updated(parameter, payloadOf(step, rootOf(numVirtualWorkers), parameter).sum);
    parameters.push(parameter);
  }
  return parameters;
}

/** Adds siblings as they meet, in whatever order they come; left plus right, always. */
export class ToyReduction {
  readonly #waiting = new Map<string, Payload>();

  add(node: NodeId, payload: Payload): void {
    const sibling = siblingOf(node);
    const other = this.#waiting.get(nodeKey(sibling));
    if (other === undefined) {
      this.#waiting.set(nodeKey(node), payload);
      return;
    }
    this.#waiting.delete(nodeKey(sibling));
    this.add(parentOf(node), isLeftChild(node) ? add(payload, other) : add(other, payload));
  }

  at(node: NodeId): Payload | undefined {
    return this.#waiting.get(nodeKey(node));
  }
}
