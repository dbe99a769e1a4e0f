import { firstVirtualWorkerOf, type NodeId } from '@atelier/shared/tree/node-id';

export interface LatePolicy {
  readonly lateFactor: number;
  readonly lateFloorMs: number;
}

/** A block in one member's hands. */
export interface HeldBlock {
  readonly node: NodeId;
  readonly sinceMs: number;
  /** Virtual workers that the member must compute before this block is done: it and all it held before. */
  readonly workload: number;
}

export interface IdleMember {
  readonly session: string;
  readonly secondsPerVirtualWorker: number | undefined;
}

/** How long past its time a block is, in ms; negative while it is not late. Before any measurement the floor rules. */
export function overdueMsOf(
  block: HeldBlock,
  now: number,
  medianSeconds: number | undefined,
  policy: LatePolicy,
): number {
  const allowedMs = policy.lateFactor * (medianSeconds ?? 0) * 1000 * block.workload;
  return now - block.sinceMs - Math.max(policy.lateFloorMs, allowedMs);
}

/**
 * Which idle member also computes which late block: the most overdue block goes to the fastest. `single` are the
 * blocks with one holder only; the copy is of the whole block, because both results must be the same node.
 */
export function decideSecondCopies(
  single: readonly HeldBlock[],
  idle: readonly IdleMember[],
  now: number,
  medianSeconds: number | undefined,
  policy: LatePolicy,
): { readonly session: string; readonly node: NodeId }[] {
  const late = single
    .map((block) => ({ node: block.node, overdueMs: overdueMsOf(block, now, medianSeconds, policy) }))
    .filter(({ overdueMs }) => overdueMs > 0)
    .toSorted(
      (a, b) => b.overdueMs - a.overdueMs || firstVirtualWorkerOf(a.node) - firstVirtualWorkerOf(b.node),
    );
  const fastestFirst = idle.toSorted((a, b) => timeOf(a) - timeOf(b));
  return late.flatMap(({ node }, i) => {
    const member = fastestFirst[i];
    return member === undefined ? [] : [{ session: member.session, node }];
  });
}

function timeOf(member: IdleMember): number {
  return member.secondsPerVirtualWorker ?? Number.MAX_VALUE;
}
