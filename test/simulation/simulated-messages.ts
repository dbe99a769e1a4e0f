import type { RoundEvent } from '@atelier/coordinator/round/round-types';
import type { NodeId } from '@atelier/shared/tree/node-id';
import type { Payload } from './toy-model.ts';

export type Trace = (line: () => string) => void;

/** What a coordinator asks of a worker, at the worker's end of a connection. */
export interface WorkerEnd {
  readonly id: string;
  take(step: number, blocks: readonly NodeId[], parameter: number): void;
  dropBlocks(step: number, blocks: readonly NodeId[]): void;
  reconnect(): void;
  leave(): void;
  receive(connection: Connection, message: (worker: WorkerEnd) => void): void;
}

/** What a worker asks of a coordinator. */
export interface CoordinatorEnd {
  readonly incarnation: number;
  readonly isUp: boolean;
  connect(worker: WorkerEnd): Connection | undefined;
  handle(event: RoundEvent): void;
  push(push: Push): 'done' | 'join-again';
}

/** A control stream. Each side learns in its own time that it is broken, or never. */
export interface Connection {
  readonly session: string;
  readonly incarnation: number;
  readonly worker: WorkerEnd;
  isUp: boolean;
  /** Messages of one direction keep their order. */
  lastToWorkerMs: number;
  lastToCoordinatorMs: number;
}

export interface Push {
  readonly session: string;
  readonly incarnation: number;
  readonly step: number;
  readonly node: NodeId;
  readonly payload: Payload;
  readonly computeSeconds: number;
}
