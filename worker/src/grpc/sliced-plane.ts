import type { PushIdentityInput } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import { createReducerClient } from '@atelier/proto/services';
import { backoffMs } from '@atelier/shared/async/backoff';
import { slicesOf } from '@atelier/shared/layout/slices';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { systemClock } from '@atelier/shared/time/system-clock';
import type { NodeId } from '@atelier/shared/tree/node-id';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { freshDeadline } from './call-deadline.ts';
import { DataPlaneError, dataPlaneErrorOf } from './data-plane-error.ts';
import { LentNodes } from './lent-nodes.ts';
import { type PulledParameters, pullParameters, type WantedParameters } from './parameter-puller.ts';
import { settled } from './settled.ts';
import { upload } from './upload.ts';

/** The reducers that hold the run, in the order of their slices. */
export interface Formation {
  readonly id: string;
  readonly addresses: readonly string[];
  /** Of each: equal to the worker's where bytes may go through memory. */
  readonly memoryIds: readonly string[];
}

export interface SlicedNode {
  readonly step: number;
  readonly node: NodeId;
  readonly slices: readonly Uint8Array[];
  readonly computeSeconds: number;
}

/** A reducer that nobody reaches for so long is the coordinator's business: it gives the block to another. */
const PATIENCE_MS = 30_000;

/**
 * Slices to and from several reducers, each over a connection of its own. What a reducer does not answer is asked again
 * until the step is over: when it is lost, another assignment comes. All methods throw DataPlaneError.
 */
export class SlicedPlane {
  readonly #identity: Required<PushIdentityInput>;
  readonly #memory: SharedMemory;
  readonly #metrics: WorkerMetrics;
  readonly #peers = new Map<string, Peer>();

  constructor(
    identity: Required<PushIdentityInput>,
    modules: { readonly memory: SharedMemory; readonly metrics: WorkerMetrics },
  ) {
    this.#identity = identity;
    this.#memory = modules.memory;
    this.#metrics = modules.metrics;
  }

  /**
   * @returns 'stale' when one of them is at a later step, else 'accepted': every slice is counted
   * @param signal ends what is still being sent, `closing` also the wait for the receipts
   */
  async push(
    { step, node, slices, computeSeconds }: SlicedNode,
    formation: Formation,
    signal: AbortSignal,
    closing: AbortSignal,
  ): Promise<'accepted' | 'stale'> {
    const identity = { ...this.#identity, incarnation: formation.id };
    const receipts = slices.map(async (bytes, i) => {
      if (bytes.byteLength === 0) return 'accepted';
      const header = { identity, step, node, computeSeconds };
      const { client, lentNodes } = this.#peerOf(formation, i);
      const what = { header, bytes, ...this.#memoryOf(formation, i), signal, closing };
      const { receipt, transport } = await patiently(signal, () =>
        upload(what, {
          open: (callback) => client.pushNode(freshDeadline(), callback),
          lend: (lent) => lentNodes.push(lent, closing),
        }),
      );
      this.#metrics.sent(bytes.byteLength, transport);
      return receipt.status;
    });
    return (await settled(receipts)).includes('stale') ? 'stale' : 'accepted';
  }

  async pull(wanted: WantedParameters, formation: Formation, signal: AbortSignal): Promise<PulledParameters> {
    const slices = slicesOf(wanted.length, formation.addresses.length);
    const values = new Float32Array(wanted.length);
    const pulls = slices.map(async ({ offset, size }, i): Promise<PulledParameters | undefined> => {
      if (size === 0) return undefined;
      const into = values.subarray(offset, offset + size);
      return this.#pullSlice({ ...wanted, length: size, into }, formation, i, signal);
    });
    const pulled = await settled(pulls);
    const wire = wanted.difference;
    if (wire === undefined || !pulled.some((slice) => slice?.isDifference))
      return { isDifference: false, values };
    // One of them has no difference: it was given its slice a moment ago.
    if (pulled.some((slice) => slice?.isDifference === false))
      return this.pull({ ...wanted, difference: undefined }, formation, signal);
    const difference = new Float32Array(wire.wordsOf(wanted.length));
    for (const [i, slice] of pulled.entries())
      if (slice) difference.set(slice.values, wire.wordsOf(slices[i]?.offset ?? 0));
    return { isDifference: true, values: difference };
  }

  close(): void {
    for (const peer of this.#peers.values()) closePeer(peer);
    this.#peers.clear();
  }

  async #pullSlice(
    wanted: WantedParameters,
    formation: Formation,
    index: number,
    signal: AbortSignal,
  ): Promise<PulledParameters> {
    const { runId, sessionId } = this.#identity;
    const request = { runId, incarnation: formation.id, sessionId, kind: 'parameters' };
    const { client } = this.#peerOf(formation, index);
    const pull = { client, ...this.#memoryOf(formation, index), request, wanted, signal };
    const { transport, ...pulled } = await patiently(signal, () => pullParameters(pull));
    this.#metrics.received(pulled.values.byteLength, transport);
    return pulled;
  }

  #memoryOf({ memoryIds }: Formation, index: number) {
    return { memory: this.#memory, memoryId: memoryIds[index] ?? '' };
  }

  /** Those of an earlier formation are closed when nothing is asked of them any more. */
  #peerOf({ addresses }: Formation, index: number): Peer {
    const address = addresses[index] ?? '';
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    for (const [other, peer] of this.#peers) {
      if (addresses.includes(other)) continue;
      closePeer(peer);
      this.#peers.delete(other);
    }
    const client = createReducerClient(address);
    const peer = { client, lentNodes: new LentNodes(client) };
    this.#peers.set(address, peer);
    return peer;
  }
}

/** A reducer, as this worker reaches it. */
interface Peer {
  readonly client: ReducerClient;
  readonly lentNodes: LentNodes;
}

function closePeer({ client, lentNodes }: Peer): void {
  lentNodes.close();
  client.close();
}

/** What arrived damaged or was not answered is asked for again. */
async function patiently<Value>(signal: AbortSignal, call: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let numFailures = 1; ; numFailures += 1) {
    try {
      return await call();
    } catch (error) {
      const failure = dataPlaneErrorOf(error);
      // It holds another formation's slice: another assignment is on its way.
      if (failure.code === 'rejoin') throw new DataPlaneError('stale', failure.message, { cause: error });
      const mayPass = failure.code === 'unreachable' || failure.code === 'damaged';
      if (!mayPass || signal.aborted || performance.now() > deadline) throw failure;
      await systemClock.sleep(backoffMs(numFailures), signal);
    }
  }
}
