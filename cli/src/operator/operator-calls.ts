import type { CheckpointReply } from '@atelier/proto/generated/atelier/v1/CheckpointReply';
import type { RunStatus } from '@atelier/proto/generated/atelier/v1/RunStatus';

/** Of an answer that is given at once. */
export const DEADLINE_MS = 10_000;
/** Of one that waits for a checkpoint: of a large model, to a slow store. */
export const DURABLE_DEADLINE_MS = 300_000;

/** What a person asks of a running coordinator, over whatever way. Every call has a deadline; failures are CommandErrors. */
export interface OperatorCalls {
  status(): Promise<RunStatus>;
  pause(): Promise<RunStatus>;
  resume(): Promise<RunStatus>;
  /** Resolves when the checkpoint is durable. */
  checkpoint(): Promise<CheckpointReply>;
  /** @param worker name or id */
  drain(worker: string): Promise<RunStatus>;
  stop(options: { readonly checkpoint: boolean }): Promise<RunStatus>;
  close(): void;
}
