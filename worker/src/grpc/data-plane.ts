import { bytesOfFloats, checksumOf } from '@atelier/proto/frames';
import type { PushIdentityInput } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { cutNode } from '@atelier/shared/wire/node-slices';
import type { Wire } from '@atelier/shared/wire/node-wire';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { DataPlaneError, dataPlaneErrorOf } from './data-plane-error.ts';
import { type PulledParameters, receiveParameters, type WantedParameters } from './parameter-puller.ts';
import { type ReducerFormation, SlicedPlane } from './sliced-plane.ts';
import { upload, uploadInTurn } from './upload.ts';

/** Every call has its own deadline. Long enough for the largest model on a slow link. */
const CALL_TIMEOUT_MS = 120_000;
const NUM_PULL_ATTEMPTS = 3;

export type ReceiptStatus = 'accepted' | 'duplicate' | 'stale';

export interface ComputedNode {
  readonly step: number;
  readonly node: NodeId;
  /** As the run's wire has it. */
  readonly bytes: Uint8Array;
  readonly computeSeconds: number;
  /** Where the slices of its gradient go. Default: all of it to the coordinator. */
  readonly cut?: NodeCutting | undefined;
}

export interface NodeCutting {
  readonly reducers: ReducerFormation;
  readonly wire: Wire;
  /** Elements. */
  readonly gradientSize: number;
}

export interface RenderedSample {
  readonly step: number;
  readonly iteration: number;
  readonly png: Uint8Array;
}

/** Tensors to and from reducers, in the name of one membership. All methods throw DataPlaneError. */
export class DataPlane {
  readonly #identity: Required<PushIdentityInput>;
  readonly #client: ReducerClient;
  readonly #metrics: WorkerMetrics;
  readonly #sliced: SlicedPlane;

  /** @param modules.client of the coordinator */
  constructor(
    identity: Required<PushIdentityInput>,
    modules: { readonly client: ReducerClient; readonly metrics: WorkerMetrics },
  ) {
    this.#identity = identity;
    this.#client = modules.client;
    this.#metrics = modules.metrics;
    this.#sliced = new SlicedPlane(identity);
  }

  /** Of what it has opened itself. */
  close(): void {
    this.#sliced.close();
  }

  /**
   * Not tried again here: when it fails for a lost connection, the membership is lost with it.
   * @param signal ends what is still being sent, `closing` also the wait for the receipt
   */
  async pushNode(
    { bytes: whole, cut, ...computed }: ComputedNode,
    signal: AbortSignal,
    closing: AbortSignal,
  ): Promise<ReceiptStatus> {
    const { step, node, computeSeconds } = computed;
    let bytes = whole;
    if (cut !== undefined) {
      const numReducers = cut.reducers.addresses.length;
      const { slices, others } = cutNode(whole, { ...cut, numReducers });
      const taken = await this.#metrics.during('transfer', () =>
        this.#sliced.push({ ...computed, slices }, cut.reducers, signal, closing),
      );
      this.#metrics.sent(whole.byteLength - others.byteLength);
      if (taken === 'stale') {
        this.#metrics.pushed(taken);
        return taken;
      }
      // Last, as the coordinator counts a node when it has this.
      bytes = others;
    }
    const sized = { identity: this.#identity, numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
    const header = { ...sized, step, node, computeSeconds };
    try {
      const status = await this.#send(bytes, () =>
        uploadInTurn({ header, bytes, signal, closing }, (callback) =>
          this.#client.pushNode(fresh(), callback),
        ),
      );
      this.#metrics.pushed(status);
      return status;
    } catch (error) {
      if (error instanceof DataPlaneError && error.code === 'refused') this.#metrics.pushed('refused');
      throw error;
    }
  }

  pushInitial(values: Float32Array, closing: AbortSignal): Promise<ReceiptStatus> {
    const bytes = bytesOfFloats(values);
    const header = { identity: this.#identity, numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
    return this.#send(bytes, () =>
      upload({ header, bytes, signal: closing, closing }, (callback) =>
        this.#client.pushInitial(fresh(), callback),
      ),
    );
  }

  pushSample(sample: RenderedSample): Promise<ReceiptStatus> {
    const call = () =>
      new Promise<PushReceipt>((resolve, reject) => {
        this.#client.pushSample({ identity: this.#identity, ...sample }, fresh(), (error, receipt) => {
          if (receipt === undefined) reject(error ?? new Error('the call ended without a receipt'));
          else resolve(receipt);
        });
      });
    return this.#send(sample.png, call);
  }

  /** Parameters of which every reducer has a slice. */
  async pullSlices(
    wanted: WantedParameters,
    reducers: ReducerFormation,
    signal: AbortSignal,
  ): Promise<PulledParameters> {
    const pulled = await this.#metrics.during('transfer', () => this.#sliced.pull(wanted, reducers, signal));
    this.#metrics.received(pulled.values.byteLength);
    return pulled;
  }

  /** Bytes that arrived damaged are asked for again. */
  async pull(
    kind: 'parameters' | 'ema' | 'statistics',
    wanted: WantedParameters,
    signal: AbortSignal,
  ): Promise<PulledParameters> {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const { runId, incarnation, sessionId } = this.#identity;
      const { group, version, hasPrevious = false } = wanted;
      const call = this.#client.pullParameters(
        { runId, incarnation, sessionId, group, version, kind, hasPrevious },
        fresh(),
      );
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const pulled = await this.#metrics.during('transfer', () => receiveParameters(call, wanted));
        this.#metrics.received(pulled.values.byteLength);
        return pulled;
      } catch (error) {
        call.cancel();
        const failure = dataPlaneErrorOf(error);
        if (failure.code !== 'damaged' || attempt === NUM_PULL_ATTEMPTS) throw failure;
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    }
  }

  /** What is answered counts as sent, whatever the answer. */
  async #send(bytes: Uint8Array, call: () => Promise<PushReceipt>): Promise<ReceiptStatus> {
    const status = await this.#metrics.during('transfer', () => statusOf(call()));
    this.#metrics.sent(bytes.byteLength);
    return status;
  }
}

function fresh(): { readonly deadline: number } {
  return { deadline: Date.now() + CALL_TIMEOUT_MS };
}

async function statusOf(receipt: Promise<PushReceipt>): Promise<ReceiptStatus> {
  try {
    const { status, detail } = await receipt;
    if (status === 'accepted' || status === 'duplicate' || status === 'stale') return status;
    throw new DataPlaneError(
      'refused',
      `the receipt says '${status}' ${detail}: is the coordinator of another version?`,
    );
  } catch (error) {
    throw dataPlaneErrorOf(error);
  }
}
