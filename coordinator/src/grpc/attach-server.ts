import type { ReducerMessage } from '@atelier/proto/generated/atelier/v1/ReducerMessage';
import type { ReducerOrderInput } from '@atelier/proto/generated/atelier/v1/ReducerOrder';
import type { ReducersHandlers } from '@atelier/proto/generated/atelier/v1/Reducers';
import { PROTOCOL_VERSION } from '@atelier/proto/protocol-version';
import type { RunConfig } from '@atelier/shared/config/run-config';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { RunReducers } from '../reducers/run-reducers.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { messagesOf } from './messages-of.ts';
import { ReducerConnection } from './slices-client.ts';

/** A run, as far as its reducers concern it. */
export interface AttachedRun {
  readonly config: Pick<RunConfig, 'transport'>;
  readonly step: number;
  /** Undefined where the coordinator is the reducer. */
  readonly reducers: RunReducers | undefined;
  /** What whoever comes to the end of this life is told. */
  readonly stopNotice: { readonly reason: string; readonly reconnect: boolean };
  /** @throws RefusedError 'stopping' */
  assertOpen(): void;
}

export interface AttachModules {
  readonly run: AttachedRun;
  readonly log: Logger;
}

type AttachCall = ServerDuplexStream<ReducerMessage, ReducerOrderInput>;

/** Reducers that offer themselves. One that is here is asked by slices-client.ts. */
export function createReducersHandlers(modules: AttachModules): ReducersHandlers {
  return { Attach: (call) => void converse(call, modules) };
}

async function converse(call: AttachCall, { run, log }: AttachModules): Promise<void> {
  const send = (order: ReducerOrderInput): void => {
    if (call.writable) call.write(order);
  };
  const end = (): void => {
    if (call.writable) call.end();
  };
  let reducers: RunReducers | undefined;
  let link: ReducerConnection | undefined;
  let reason = 'it ended its stream';
  try {
    const messages = messagesOf<ReducerMessage>(call);
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const { hello, drainRequest, body } = next.value;
      if (link === undefined || reducers === undefined) {
        if (!hello) throw RefusedError.mismatch('bad-message', 'first message', body ?? 'nothing', 'hello');
        reducers = reducersOf(run, hello.protocolVersion);
        const { reducerId: id, name, address } = hello;
        const memoryId = run.config.transport === 'grpc' ? '' : hello.memoryId;
        link = new ReducerConnection(
          { id, name, address, memoryId },
          { end, release: () => send({ drained: {} }), stop: (stop) => send({ stop }) },
        );
        send({ accepted: { step: run.step } });
        reducers.add(link);
      } else if (drainRequest) {
        await reducers.drain(link);
      } else {
        throw RefusedError.mismatch('bad-message', 'message', body ?? 'nothing', 'drain_request');
      }
    }
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RefusedError) {
      if (error.code === 'stopping') send({ stop: run.stopNotice });
      else send({ refused: { code: error.code, message: error.message } });
    } else if (!call.cancelled) {
      log.error({ err: error, reducer: link?.id }, 'connection to a reducer failed');
    }
  } finally {
    if (link !== undefined) reducers?.remove(link, reason);
    end();
  }
}

/** @throws RefusedError 'protocol-version' | 'no-reducers' | 'stopping' */
function reducersOf(run: AttachedRun, protocolVersion: number): RunReducers {
  if (protocolVersion !== PROTOCOL_VERSION)
    throw RefusedError.mismatch('protocol-version', 'protocol_version', protocolVersion, PROTOCOL_VERSION);
  run.assertOpen();
  if (run.reducers === undefined)
    throw new RefusedError(
      'no-reducers',
      'this run needs no reducer, because its config has reducers: 1: set reducers to the number of reducers that you start',
    );
  return run.reducers;
}
