import { SampleOrder } from '../order/sample-order.ts';
import type { OpenedEntry } from './journal-entry.ts';

type Domain = OpenedEntry['domains'][number];

export interface DomainAudit {
  readonly domain: string;
  /** Epochs of which every stream position was consumed or passed by. */
  readonly epochsFinished: number;
  /** Examples of finished epochs that no step named. */
  readonly missing: number;
  /** Examples named again within an epoch, finished or not. */
  readonly repeated: number;
}

/**
 * Expands stream positions to the real examples of one domain, and counts by a bit for each example what an epoch
 * lacks or has twice.
 * @param ranges [first, first + count) of every valid step, in any order
 */
export function auditExamples(
  { name: domain, numExamples }: Domain,
  seed: number,
  ranges: readonly { readonly first: number; readonly count: number }[],
): DomainAudit {
  const order = new SampleOrder({ seed, domain, numExamples });
  const end = ranges.reduce((last, { first, count }) => Math.max(last, first + count), 0);
  const epochsFinished = Math.floor(end / numExamples);
  const seen = new Uint8Array(Math.ceil(numExamples / 8));
  let epoch = 0;
  let numSeen = 0;
  let missing = 0;
  let repeated = 0;
  const enter = (next: number): void => {
    for (; epoch < next; epoch += 1) {
      missing += numExamples - numSeen;
      numSeen = 0;
      seen.fill(0);
    }
  };
  for (const { first, count } of [...ranges].sort((a, b) => a.first - b.first)) {
    for (let position = Math.max(first, 0); position < first + count; position += 1) {
      const positionEpoch = Math.floor(position / numExamples);
      // A range that begins before the end of the one before it, in an epoch that is closed: all of it is repeated.
      if (positionEpoch < epoch) {
        repeated += 1;
        continue;
      }
      enter(positionEpoch);
      const example = order.at(position);
      const byte = example >>> 3;
      const bit = 1 << (example & 7);
      if (((seen[byte] ?? 0) & bit) !== 0) repeated += 1;
      else {
        seen[byte] = (seen[byte] ?? 0) | bit;
        numSeen += 1;
      }
    }
  }
  enter(epochsFinished);
  return { domain, epochsFinished, missing, repeated };
}
