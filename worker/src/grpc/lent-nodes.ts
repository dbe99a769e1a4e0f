import type { LentNodeInput } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { LentReceipt } from '@atelier/proto/generated/atelier/v1/LentReceipt';
import type { NodeHeaderInput } from '@atelier/proto/generated/atelier/v1/NodeHeader';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import { type ClientDuplexStream, status } from '@grpc/grpc-js';
import { CALL_TIMEOUT_MS } from './call-deadline.ts';

interface OpenNode {
  readonly resolve: (receipt: PushReceipt) => void;
  /** With what a call would have failed with. */
  readonly reject: (error: unknown) => void;
}

/** Announces nodes that lie in this process' memory to one receiver, over a stream that is opened when it is needed. */
export class LentNodes {
  readonly #client: ReducerClient;
  readonly #open = new Map<number, OpenNode>();
  #call: ClientDuplexStream<LentNodeInput, LentReceipt> | undefined;
  #numNodes = 0;

  constructor(client: ReducerClient) {
    this.#client = client;
  }

  /**
   * @param header names the segment, which must not change until the receipt is there
   * @param closing nobody waits for it any more
   * @throws as a call does: an error with gRPC's code and details
   */
  async push(header: NodeHeaderInput, closing: AbortSignal): Promise<PushReceipt> {
    closing.throwIfAborted();
    this.#numNodes += 1;
    const id = this.#numNodes;
    const giveUp = (code: status, details: string) => () =>
      this.#open.get(id)?.reject(Object.assign(new Error(details), { code, details }));
    const expire = giveUp(status.DEADLINE_EXCEEDED, `no receipt within ${CALL_TIMEOUT_MS / 1000} s`);
    const cancel = giveUp(status.CANCELLED, 'nobody waits for the receipt');
    const timer = setTimeout(expire, CALL_TIMEOUT_MS);
    closing.addEventListener('abort', cancel);
    try {
      return await new Promise((resolve, reject) => {
        this.#open.set(id, { resolve, reject });
        this.#stream().write({ id, header });
      });
    } finally {
      clearTimeout(timer);
      closing.removeEventListener('abort', cancel);
      this.#open.delete(id);
    }
  }

  /** Whoever still waits for a receipt hears that it was cancelled. */
  close(): void {
    this.#call?.cancel();
  }

  #stream(): ClientDuplexStream<LentNodeInput, LentReceipt> {
    if (this.#call !== undefined) return this.#call;
    const call = this.#client.lendNodes();
    call.on('data', ({ id, receipt, code, details }: LentReceipt) => {
      if (receipt === null) this.#open.get(id)?.reject(Object.assign(new Error(details), { code, details }));
      else this.#open.get(id)?.resolve(receipt);
    });
    const lose = (error: unknown): void => {
      // Another one may be open by now.
      if (this.#call !== call) return;
      this.#call = undefined;
      for (const { reject } of [...this.#open.values()]) reject(error);
    };
    call.on('error', lose);
    const details = 'the stream of nodes has ended';
    call.on('end', () => lose(Object.assign(new Error(details), { code: status.UNAVAILABLE, details })));
    this.#call = call;
    return call;
  }
}
