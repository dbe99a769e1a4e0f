import { bytesOfFloats, checksumOf } from '@atelier/proto/frames';
import type { PushIdentityInput } from '@atelier/proto/generated/atelier/v1/PushIdentity';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import type { NodeId } from '@atelier/shared/tree/node-id';
import { DataPlaneError, dataPlaneErrorOf } from './data-plane-error.ts';
import { receiveParameters, type WantedParameters } from './parameter-puller.ts';
import { upload } from './upload.ts';

/** Every call has its own deadline. Long enough for the largest model on a slow link. */
const CALL_TIMEOUT_MS = 120_000;
const NUM_PULL_ATTEMPTS = 3;

export type ReceiptStatus = 'accepted' | 'duplicate' | 'stale';

export interface ComputedNode {
  readonly step: number;
  readonly node: NodeId;
  /** In the phase's node layout. */
  readonly sum: Float32Array;
  readonly computeSeconds: number;
}

export interface RenderedSample {
  readonly step: number;
  readonly iteration: number;
  readonly png: Uint8Array;
}

/** Tensors to and from a reducer, in the name of one membership. All methods throw DataPlaneError. */
export class DataPlane {
  readonly #client: ReducerClient;
  readonly #identity: Required<PushIdentityInput>;

  constructor(client: ReducerClient, identity: Required<PushIdentityInput>) {
    this.#client = client;
    this.#identity = identity;
  }

  /** Not tried again here: when it fails for a lost connection, the membership is lost with it. */
  pushNode({ step, node, sum, computeSeconds }: ComputedNode, signal: AbortSignal): Promise<ReceiptStatus> {
    const bytes = bytesOfFloats(sum);
    const sized = { identity: this.#identity, numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
    const header = { ...sized, step, node, computeSeconds };
    return statusOf(
      upload({ header, bytes, signal }, (callback) => this.#client.pushNode(fresh(), callback)),
    );
  }

  pushInitial(values: Float32Array, signal: AbortSignal): Promise<ReceiptStatus> {
    const bytes = bytesOfFloats(values);
    const header = { identity: this.#identity, numBytes: bytes.byteLength, crc32: checksumOf(bytes) };
    return statusOf(
      upload({ header, bytes, signal }, (callback) => this.#client.pushInitial(fresh(), callback)),
    );
  }

  pushSample(sample: RenderedSample): Promise<ReceiptStatus> {
    return statusOf(
      new Promise((resolve, reject) => {
        this.#client.pushSample({ identity: this.#identity, ...sample }, fresh(), (error, receipt) => {
          if (receipt === undefined) reject(error ?? new Error('the call ended without a receipt'));
          else resolve(receipt);
        });
      }),
    );
  }

  /** Bytes that arrived damaged are asked for again. */
  async pull(
    kind: 'parameters' | 'ema' | 'statistics',
    wanted: WantedParameters,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const { runId, incarnation, sessionId } = this.#identity;
      const { group, version } = wanted;
      const call = this.#client.pullParameters(
        { runId, incarnation, sessionId, group, version, kind },
        fresh(),
      );
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await receiveParameters(call, wanted);
      } catch (error) {
        call.cancel();
        const failure = dataPlaneErrorOf(error);
        if (failure.code !== 'damaged' || attempt === NUM_PULL_ATTEMPTS) throw failure;
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    }
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
