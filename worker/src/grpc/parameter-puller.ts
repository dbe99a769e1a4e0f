import { bytesOfFloats, checksumOf } from '@atelier/proto/frames';
import type { ParameterChunk } from '@atelier/proto/generated/atelier/v1/ParameterChunk';
import type { ParameterHeader } from '@atelier/proto/generated/atelier/v1/ParameterHeader';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { DataPlaneError } from './data-plane-error.ts';

/** What a pull must bring; anything else is an error before a byte is allocated for it. */
export interface WantedParameters {
  readonly group: string;
  readonly version: number;
  /** Float32 elements. */
  readonly length: number;
}

/**
 * Collects a pull into an aligned array of its own: a chunk's bytes never lie 4-byte aligned where they arrive.
 * @throws DataPlaneError `damaged`, or what the call fails with
 */
export async function receiveParameters(
  call: Pick<ClientReadableStream<ParameterChunk>, typeof Symbol.asyncIterator>,
  wanted: WantedParameters,
): Promise<Float32Array> {
  let header: ParameterHeader | undefined;
  let values = new Float32Array();
  let numReceived = 0;
  for await (const chunk of call as AsyncIterable<ParameterChunk>) {
    if (chunk.header) {
      header = checkedHeader(chunk.header, wanted);
      values = new Float32Array(wanted.length);
    } else if (chunk.data) {
      const bytes = bytesOfFloats(values);
      if (numReceived + chunk.data.byteLength > bytes.byteLength)
        throw damaged(wanted, 'more bytes than announced');
      bytes.set(chunk.data, numReceived);
      numReceived += chunk.data.byteLength;
    }
  }
  if (header === undefined) throw damaged(wanted, 'no header');
  const bytes = bytesOfFloats(values);
  if (numReceived !== bytes.byteLength) throw damaged(wanted, `${numReceived} of ${bytes.byteLength} bytes`);
  const crc32 = checksumOf(bytes);
  if (crc32 !== header.crc32) throw damaged(wanted, `CRC-32 ${crc32}, announced ${header.crc32}`);
  return values;
}

function checkedHeader(header: ParameterHeader, wanted: WantedParameters): ParameterHeader {
  if (header.group !== wanted.group || header.version !== wanted.version) {
    throw damaged(wanted, `the header says ${header.group} version ${header.version}`);
  }
  if (header.numBytes !== wanted.length * Float32Array.BYTES_PER_ELEMENT) {
    throw damaged(wanted, `the header says ${header.numBytes} bytes, this model has ${wanted.length * 4}`);
  }
  return header;
}

function damaged({ group, version }: WantedParameters, what: string): DataPlaneError {
  return new DataPlaneError('damaged', `pull of ${group} version ${version}: ${what}`);
}
