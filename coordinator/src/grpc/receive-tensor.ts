import { crc32 } from 'node:zlib';
import { RefusedError } from '../run/refused-error.ts';

/** The shape of NodeChunk and InitialChunk: the header first and once, then bytes. */
export interface Frame<Header> {
  readonly body?: 'header' | 'data';
  readonly header?: Header | null;
  readonly data?: Uint8Array;
}

export interface TensorHeader {
  readonly numBytes: number;
  readonly crc32: number;
}

export interface TensorSink {
  /** The chunk is read before this returns, never kept. */
  write(chunk: Uint8Array, atByte: number): void;
}

/** @throws RefusedError 'bad-message' when anything but a header comes first */
export async function receiveHeader<Header>(frames: AsyncIterator<Frame<Header>>): Promise<Header> {
  const first = await frames.next();
  const header = first.done === true ? undefined : first.value.header;
  if (first.done === true || first.value.body !== 'header' || header === undefined || header === null) {
    const got = first.done === true ? 'the end of the stream' : (first.value.body ?? 'nothing');
    throw RefusedError.mismatch('bad-message', 'first message of the stream', got, 'header');
  }
  return header;
}

/**
 * Writes the bytes that follow the header, exactly as many as it says, and compares their checksum.
 * @throws RefusedError 'bad-message' | 'wrong-length' | 'wrong-checksum'
 */
export async function receiveBytes<Header extends TensorHeader>(
  frames: AsyncIterator<Frame<Header>>,
  header: Header,
  sink: TensorSink,
): Promise<void> {
  let received = 0;
  let checksum = 0;
  for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) {
    const { body, data } = frame.value;
    if (body !== 'data' || data === undefined) {
      throw RefusedError.mismatch('bad-message', 'message after the header', body ?? 'nothing', 'data');
    }
    if (received + data.byteLength > header.numBytes) {
      const got = `at least ${received + data.byteLength}`;
      throw RefusedError.mismatch('wrong-length', 'bytes received', got, header.numBytes);
    }
    sink.write(data, received);
    checksum = crc32(data, checksum);
    received += data.byteLength;
  }
  if (received !== header.numBytes)
    throw RefusedError.mismatch('wrong-length', 'bytes received', received, header.numBytes);
  if (checksum !== header.crc32)
    throw RefusedError.mismatch('wrong-checksum', 'crc32 of the bytes', checksum, header.crc32);
}
