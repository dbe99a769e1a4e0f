import { firstVirtualWorkerOf, type NodeId, numVirtualWorkersOf } from '@atelier/shared/tree/node-id';

export interface Candidate {
  readonly session: string;
  /** Undefined while nothing was measured. */
  readonly secondsPerVirtualWorker: number | undefined;
  /** Virtual workers it holds already. */
  readonly backlog: number;
}

export interface AssignedBlocks {
  readonly session: string;
  /** In the order of their virtual workers; never empty. */
  readonly blocks: readonly NodeId[];
}

/**
 * Who computes what of the free nodes (disjoint): as many virtual workers each that all are done soonest, in as few
 * nodes as such numbers allow. Candidates that would only hold the others up get nothing.
 */
export function decideAssignment(
  free: readonly NodeId[],
  candidates: readonly Candidate[],
): AssignedBlocks[] {
  if (candidates.length === 0) return [];
  const size = free.reduce((sum, node) => sum + numVirtualWorkersOf(node), 0);
  const layout = layOut(free, decideQuotas(size, candidates));
  return candidates
    .map(({ session }, i) => ({ session, blocks: (layout[i] ?? []).toSorted(byFirstVirtualWorker) }))
    .filter(({ blocks }) => blocks.length > 0);
}

/**
 * Numbers of virtual workers, in the order of the candidates, that end soonest: each goes where it would be done
 * first, the earlier candidate where that is equal. For equal pieces of work on machines of different speed this
 * greedy rule has the least makespan (Graham et al., 1979, Q | p_j = 1 | C_max).
 */
export function decideQuotas(numVirtualWorkers: number, candidates: readonly Candidate[]): number[] {
  const seconds = withUnknownAsMean(candidates.map((candidate) => candidate.secondsPerVirtualWorker));
  const quotas = candidates.map(() => 0);
  const ends = candidates.map(({ backlog }, i) => (backlog + 1) * (seconds[i] ?? 1));
  for (let given = 0; given < numVirtualWorkers; given += 1) {
    let first = 0;
    for (let i = 1; i < ends.length; i += 1) if ((ends[i] ?? 0) < (ends[first] ?? 0)) first = i;
    quotas[first] = (quotas[first] ?? 0) + 1;
    ends[first] = (ends[first] ?? 0) + (seconds[first] ?? 1);
  }
  return quotas;
}

/** Who was never measured is taken to run at the mean speed (not the mean time) of those who were. */
function withUnknownAsMean(seconds: readonly (number | undefined)[]): number[] {
  const known = seconds.filter((value) => value !== undefined);
  const meanSpeed = known.reduce((sum, value) => sum + 1 / value, 0) / known.length;
  return seconds.map((value) => value ?? (known.length === 0 ? 1 : 1 / meanSpeed));
}

interface Piece {
  readonly level: number;
  /** Position in the list of quotas. */
  readonly owner: number;
}

/**
 * Buddy allocation, largest piece first. A quota is cut into the powers of two of its binary digits, its fewest
 * possible nodes; out of one whole tree every piece then lies aligned, because all before it are multiples of it.
 * Out of scattered nodes a piece that fits nowhere is halved.
 */
function layOut(free: readonly NodeId[], quotas: readonly number[]): NodeId[][] {
  const holes = [...free];
  const layout: NodeId[][] = quotas.map(() => []);
  const pieces: Piece[] = quotas.flatMap((quota, owner) =>
    levelsOf(quota).map((level) => ({ level, owner })),
  );
  insertByLevel(pieces, []);
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    const { level, owner } = piece;
    const node = takeNode(holes, level);
    if (node === undefined)
      insertByLevel(pieces, [
        { level: level - 1, owner },
        { level: level - 1, owner },
      ]);
    else layout[owner]?.push(node);
  }
  return layout;
}

function insertByLevel(pieces: Piece[], more: readonly Piece[]): void {
  pieces.unshift(...more);
  pieces.sort((a, b) => b.level - a.level);
}

function levelsOf(quota: number): number[] {
  const levels: number[] = [];
  for (let level = 0; 2 ** level <= quota; level += 1)
    if (Math.floor(quota / 2 ** level) % 2 === 1) levels.push(level);
  return levels;
}

/** Cuts a node of the level out of the smallest hole that has one, the first of them; the rest stays in the holes. */
function takeNode(holes: NodeId[], level: number): NodeId | undefined {
  let best = -1;
  for (const [i, hole] of holes.entries()) {
    const chosen = holes[best];
    if (hole.level >= level && (chosen === undefined || compareHoles(hole, chosen) < 0)) best = i;
  }
  const [hole] = best === -1 ? [] : holes.splice(best, 1);
  if (hole === undefined) return undefined;
  let node = hole;
  while (node.level > level) {
    holes.push({ level: node.level - 1, index: node.index * 2 + 1 });
    node = { level: node.level - 1, index: node.index * 2 };
  }
  return node;
}

function compareHoles(a: NodeId, b: NodeId): number {
  return a.level - b.level || a.index - b.index;
}

function byFirstVirtualWorker(a: NodeId, b: NodeId): number {
  return firstVirtualWorkerOf(a) - firstVirtualWorkerOf(b);
}
