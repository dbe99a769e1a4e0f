import type { ParameterChunkInput } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { PullRequest } from '@atelier/proto/generated/atelier/v1/PullRequest';
import type { Transport } from '@atelier/shared/memory/transport';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { PublishedBytes } from '../published/published-bytes.ts';
import { writeAll } from './write-all.ts';

export interface SentBytes {
  readonly group: string;
  readonly isDifference: boolean;
  readonly bytes: PublishedBytes;
}

/** Answers a pull: a header, and the bytes where the header does not say where they lie. @returns the way that they take */
export async function sendPublished(
  call: ServerWritableStream<PullRequest, ParameterChunkInput>,
  { group, isDifference, bytes }: SentBytes,
): Promise<Transport> {
  const { version, numBytes, crc32, segment, messages } = bytes;
  // What is written last is serialised after this function has ended.
  call.once('close', bytes.read());
  await writeAll(call, [{ header: { group, version, numBytes, crc32, isDifference, segment } }, ...messages]);
  return segment === null ? 'grpc' : 'memory';
}
