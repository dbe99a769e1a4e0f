import type { RunConfig } from '@atelier/shared/config/run-config';
import type { CommittedEntry } from '@atelier/shared/journal/journal-entry';
import type { RunDefinition } from '@atelier/shared/layout/run-definition';
import { iterationOf, numReadsBefore, phaseIndexOf } from '@atelier/shared/order/schedule';
import { type NodeId, nodeKey } from '@atelier/shared/tree/node-id';
import { learningRateAt } from '../optimizer/learning-rate.ts';
import type { CommitOutcome } from '../training/training.ts';

export interface Commit {
  /** ISO 8601. */
  readonly time: string;
  readonly step: number;
  readonly nodes: readonly { readonly node: NodeId; readonly worker: string }[];
  /** Since the commit before. */
  readonly seconds: number;
  readonly outcome: Extract<CommitOutcome, { readonly kind: 'committed' }>;
}

/** The journal's line of a commit. */
export function committedEntryOf(
  { time, step, nodes, seconds, outcome }: Commit,
  definition: RunDefinition,
  config: RunConfig,
): CommittedEntry {
  const numPhases = definition.phases.length;
  const phase = definition.phases[phaseIndexOf(step, numPhases)];
  const iteration = iterationOf(step, numPhases);
  const optimizer = config.optimizers[phase?.group ?? ''];
  return {
    kind: 'committed',
    time,
    step,
    iteration,
    phase: phase?.name ?? '',
    group: phase?.group ?? '',
    examples: examplesOf(step, definition, config),
    nodes: Object.fromEntries(nodes.map(({ node, worker }) => [nodeKey(node), worker])),
    losses: { ...outcome.losses },
    gradientNorm: outcome.gradientNorm,
    seconds,
    ...(optimizer === undefined ? {} : { learningRate: learningRateAt(optimizer, iteration) }),
    ...(outcome.digest === undefined ? {} : { digest: outcome.digest }),
  };
}

/** Stream positions [first, first + count) that a step consumes of each domain that its phase reads. */
export function examplesOf(
  step: number,
  definition: RunDefinition,
  config: RunConfig,
): CommittedEntry['examples'] {
  const batch = config.virtualWorkers * config.batchPerVirtualWorker;
  const reads = definition.phases[phaseIndexOf(step, definition.phases.length)]?.reads ?? [];
  return Object.fromEntries(
    reads.map((domain) => [
      domain,
      { first: numReadsBefore(step, domain, definition.phases) * batch, count: batch },
    ]),
  );
}

/** The epochs whose last example a step has consumed; a batch larger than its data set may end several. */
export function epochsCompletedBy(
  examples: CommittedEntry['examples'],
  definition: RunDefinition,
): { readonly domain: string; readonly epoch: number }[] {
  return definition.domains.flatMap(({ name, numExamples }) => {
    const consumed = examples[name];
    if (consumed === undefined) return [];
    const before = Math.floor(consumed.first / numExamples);
    const after = Math.floor((consumed.first + consumed.count) / numExamples);
    return Array.from({ length: after - before }, (_, i) => ({ domain: name, epoch: before + i }));
  });
}
