import { bytesOfFloats } from '@atelier/proto/frames';
import type { PushIdentityInput } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { MemoryError } from '@atelier/shared/memory/memory-error';
import type { SegmentName } from '@atelier/shared/memory/segment';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Transport } from '@atelier/shared/memory/transport';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { cutNode } from '@atelier/shared/wire/node-slices';
import type { Wire } from '@atelier/shared/wire/node-wire';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import { freshDeadline } from './call-deadline.ts';
import { DataPlaneError, dataPlaneErrorOf } from './data-plane-error.ts';
import { LentNodes } from './lent-nodes.ts';
import { type PulledParameters, pullParameters, type WantedParameters } from './parameter-puller.ts';
import { type Formation, SlicedPlane } from './sliced-plane.ts';
import { type Upload, type Uploaded, upload } from './upload.ts';

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
  readonly reducers: Formation;
  readonly wire: Wire;
  /** Elements. */
  readonly gradientSize: number;
}

export interface RenderedSample {
  readonly step: number;
  readonly iteration: number;
  readonly png: Uint8Array;
}

export interface DataPlaneOptions {
  readonly identity: Required<PushIdentityInput>;
  /** The coordinator's: equal to the worker's where bytes may go through memory. */
  readonly memoryId: string;
}

/** Where the sender of an assignment has said that parameters lie. */
export interface ParameterOffer {
  readonly segment: SegmentName;
  readonly isDifference: boolean;
}

export interface DataPlaneModules {
  /** Of the coordinator. */
  readonly client: ReducerClient;
  readonly memory: SharedMemory;
  readonly metrics: WorkerMetrics;
}

/** Tensors to and from reducers, in the name of one membership. All methods throw DataPlaneError. */
export class DataPlane {
  readonly #identity: Required<PushIdentityInput>;
  readonly #memoryId: string;
  readonly #client: ReducerClient;
  readonly #memory: SharedMemory;
  readonly #metrics: WorkerMetrics;
  readonly #lentNodes: LentNodes;
  readonly #sliced: SlicedPlane;

  constructor({ identity, memoryId }: DataPlaneOptions, modules: DataPlaneModules) {
    this.#identity = identity;
    this.#memoryId = memoryId;
    this.#client = modules.client;
    this.#memory = modules.memory;
    this.#metrics = modules.metrics;
    this.#lentNodes = new LentNodes(modules.client);
    this.#sliced = new SlicedPlane(identity, modules);
  }

  /** Of what it has opened itself. */
  close(): void {
    this.#lentNodes.close();
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
      if (taken === 'stale') {
        this.#metrics.pushed(taken);
        return taken;
      }
      // Last, as the coordinator counts a node when it has this.
      bytes = others;
    }
    const header = { identity: this.#identity, step, node, computeSeconds };
    try {
      const status = await this.#send(bytes, () =>
        upload(this.#uploadOf({ header, bytes, signal, closing }), {
          open: (callback) => this.#client.pushNode(freshDeadline(), callback),
          lend: (lent) => this.#lentNodes.push(lent, closing),
        }),
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
    const header = { identity: this.#identity };
    return this.#send(bytes, () =>
      upload(this.#uploadOf({ header, bytes, signal: closing, closing }), {
        open: (callback) => this.#client.pushInitial(freshDeadline(), callback),
      }),
    );
  }

  pushSample(sample: RenderedSample): Promise<ReceiptStatus> {
    const call = () =>
      new Promise<PushReceipt>((resolve, reject) => {
        this.#client.pushSample(
          { identity: this.#identity, ...sample },
          freshDeadline(),
          (error, receipt) => {
            if (receipt === undefined) reject(error ?? new Error('the call ended without a receipt'));
            else resolve(receipt);
          },
        );
      });
    return this.#send(sample.png, async () => ({ receipt: await call(), transport: 'grpc' }));
  }

  /**
   * Whether this process can read parameters where they were said to lie.
   * @param hasPrevious the version before is here, so that a difference will do
   */
  canRead({ isDifference }: ParameterOffer, hasPrevious: boolean): boolean {
    return this.#memory.isSharedWith(this.#memoryId) && (hasPrevious || !isDifference);
  }

  /** So much of it was read where it was said to lie. */
  wasRead(numBytes: number): void {
    this.#metrics.received(numBytes, 'memory');
  }

  /** It could not be read there, although it should: what follows is asked for, and if need be all from now on. */
  couldNotRead(error: MemoryError): void {
    if (error.code !== 'overwritten') this.#memory.turnOff(error.message);
  }

  /** Parameters of which every reducer has a slice. */
  async pullSlices(
    wanted: WantedParameters,
    reducers: Formation,
    signal: AbortSignal,
  ): Promise<PulledParameters> {
    return this.#metrics.during('transfer', () => this.#sliced.pull(wanted, reducers, signal));
  }

  /** Bytes that arrived damaged are asked for again. */
  async pull(
    kind: 'parameters' | 'ema' | 'statistics',
    wanted: WantedParameters,
    signal: AbortSignal,
  ): Promise<PulledParameters> {
    const { runId, incarnation, sessionId } = this.#identity;
    const request = { runId, incarnation, sessionId, kind };
    const from = { client: this.#client, memory: this.#memory, memoryId: this.#memoryId };
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        const { transport, ...pulled } = await this.#metrics.during('transfer', () =>
          pullParameters({ ...from, request, wanted, signal }),
        );
        this.#metrics.received(pulled.values.byteLength, transport);
        return pulled;
      } catch (error) {
        const failure = dataPlaneErrorOf(error);
        if (failure.code !== 'damaged' || attempt === NUM_PULL_ATTEMPTS) throw failure;
      }
    }
  }

  #uploadOf<Header>(what: Omit<Upload<Header>, 'memory' | 'memoryId'>): Upload<Header> {
    return { ...what, memory: this.#memory, memoryId: this.#memoryId };
  }

  /** What is answered counts as sent, whatever the answer. */
  async #send(bytes: Uint8Array, call: () => Promise<Uploaded>): Promise<ReceiptStatus> {
    const { status, transport } = await this.#metrics.during('transfer', () => answered(call()));
    this.#metrics.sent(bytes.byteLength, transport);
    return status;
  }
}

async function answered(
  uploaded: Promise<Uploaded>,
): Promise<{ readonly status: ReceiptStatus; readonly transport: Transport }> {
  try {
    const { receipt, transport } = await uploaded;
    const { status, detail } = receipt;
    if (status === 'accepted' || status === 'duplicate' || status === 'stale') return { status, transport };
    throw new DataPlaneError(
      'refused',
      `the coordinator answered '${status}' ${detail}: use one version of Atelier for all processes`,
    );
  } catch (error) {
    throw dataPlaneErrorOf(error);
  }
}
