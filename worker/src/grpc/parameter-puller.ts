import { crc32 } from 'node:zlib';
import { bytesOfFloats } from '@atelier/proto/frames';
import type { ParameterChunk } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { ParameterHeader } from '@atelier/proto/generated/atelier/v1/ParameterHeader';
import type { PullRequestInput } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { ReducerClient } from '@atelier/proto/generated/atelier/v1/Reducer';
import { MemoryError } from '@atelier/shared/memory/memory-error';
import { withPauses } from '@atelier/shared/memory/pauses';
import { readFloats } from '@atelier/shared/memory/segment';
import type { SharedMemory } from '@atelier/shared/memory/shared-memory';
import type { Transport } from '@atelier/shared/memory/transport';
import type { ParameterWire } from '@atelier/shared/wire/parameter-wire';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { freshDeadline } from './call-deadline.ts';
import { DataPlaneError } from './data-plane-error.ts';

/** What a pull must bring; anything else is an error before a byte is allocated for it. */
export interface WantedParameters {
  readonly group: string;
  readonly version: number;
  /** Float32 elements. */
  readonly length: number;
  /** What a difference from the version before is, where that version is here: it will do. */
  readonly difference?: ParameterWire | undefined;
  /** Where whole parameters are put, of that length. Default: an array of their own. */
  readonly into?: Float32Array;
}

export interface PulledParameters {
  /** `values` are a difference, to be added to the version before. */
  readonly isDifference: boolean;
  readonly values: Float32Array;
}

export interface Pull {
  readonly client: ReducerClient;
  readonly memory: SharedMemory;
  /** The sender's: equal to that of `memory` where this process can read what the sender lends. */
  readonly memoryId: string;
  /** All of it but what is wanted. */
  readonly request: Pick<PullRequestInput, 'runId' | 'incarnation' | 'sessionId' | 'kind'>;
  readonly wanted: WantedParameters;
  readonly signal: AbortSignal;
}

/**
 * Asks for parameters once: they come through memory where that can be, else over the call.
 * @throws DataPlaneError `damaged`, or what the call fails with, or the signal's reason
 */
export async function pullParameters(
  pull: Pull,
): Promise<PulledParameters & { readonly transport: Transport }> {
  const { client, memory, memoryId, request, wanted, signal } = pull;
  const { group, version } = wanted;
  const hasPrevious = wanted.difference !== undefined;
  for (;;) {
    signal.throwIfAborted();
    const byMemory = memory.isSharedWith(memoryId);
    const call = client.pullParameters(
      { ...request, group, version, hasPrevious, byMemory },
      freshDeadline(),
    );
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await receiveParameters(call, wanted);
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      if (error.code === 'overwritten') throw damaged(wanted, error.message);
      memory.turnOff(error.message);
    } finally {
      call.cancel();
      signal.removeEventListener('abort', cancel);
    }
  }
}

/** Collects a pull into an aligned array of its own: a chunk's bytes never lie 4-byte aligned where they arrive. */
async function receiveParameters(
  call: Pick<ClientReadableStream<ParameterChunk>, typeof Symbol.asyncIterator>,
  wanted: WantedParameters,
): Promise<PulledParameters & { readonly transport: Transport }> {
  let header: ParameterHeader | undefined;
  let values: Float32Array = new Float32Array();
  let numReceived = 0;
  let checksum = 0;
  for await (const chunk of call as AsyncIterable<ParameterChunk>) {
    if (chunk.header) {
      header = checkedHeader(chunk.header, wanted);
      const own = header.isDifference ? undefined : wanted.into;
      values = own ?? new Float32Array(header.numBytes / Float32Array.BYTES_PER_ELEMENT);
      if (header.segment === null) continue;
      await withPauses(readFloats(header.segment, values));
      numReceived = header.numBytes;
    } else if (chunk.data) {
      const bytes = bytesOfFloats(values);
      if (numReceived + chunk.data.byteLength > bytes.byteLength)
        throw damaged(wanted, 'more bytes than announced');
      bytes.set(chunk.data, numReceived);
      checksum = crc32(chunk.data, checksum);
      numReceived += chunk.data.byteLength;
    }
  }
  if (header === undefined) throw damaged(wanted, 'no header');
  if (numReceived !== values.byteLength)
    throw damaged(wanted, `${numReceived} of ${values.byteLength} bytes`);
  if (checksum !== header.crc32) throw damaged(wanted, `CRC-32 ${checksum}, announced ${header.crc32}`);
  return {
    isDifference: header.isDifference,
    values,
    transport: header.segment === null ? 'grpc' : 'memory',
  };
}

function checkedHeader(header: ParameterHeader, wanted: WantedParameters): ParameterHeader {
  if (header.group !== wanted.group || header.version !== wanted.version) {
    throw damaged(wanted, `the header says ${header.group} version ${header.version}`);
  }
  const { difference, length } = wanted;
  if (header.isDifference && difference === undefined)
    throw damaged(wanted, 'it is a difference from a version that this worker does not have');
  const numWords = header.isDifference && difference ? difference.wordsOf(length) : length;
  if (header.numBytes !== numWords * Float32Array.BYTES_PER_ELEMENT) {
    throw damaged(wanted, `the header says ${header.numBytes} bytes, this model has ${numWords * 4}`);
  }
  return header;
}

function damaged({ group, version }: WantedParameters, what: string): DataPlaneError {
  return new DataPlaneError('damaged', `pull of ${group} version ${version}: ${what}`);
}
