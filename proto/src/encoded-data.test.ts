import { expect, it } from 'vitest';
import { encodeData, encodedSizeOf } from './encoded-data.ts';
import { CHUNK_BYTES } from './frames.ts';
import { reducerService } from './services.ts';

it.each([0, 1, 127, 128, 20_000, CHUNK_BYTES, 2 * CHUNK_BYTES + 129])(
  'sends %i bytes as the messages that the serialiser makes of them',
  (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
    const { responseSerialize, responseDeserialize } = reducerService.PullParameters;
    const seen: Uint8Array[] = [];
    const messages = encodeData(bytes, Buffer.alloc(encodedSizeOf(length)), (chunk) => seen.push(chunk));
    const received = messages.map((message) => responseDeserialize(responseSerialize(message)));
    expect(received.map(({ body }) => body)).toEqual(messages.map(() => 'data'));
    expect(Buffer.concat(received.map(({ data }) => data ?? Buffer.of())).equals(bytes)).toBe(true);
    expect(Buffer.concat(seen).equals(bytes)).toBe(true);
    for (const [i, { encoded }] of messages.entries()) {
      expect(responseSerialize({ data: Buffer.from(received[i]?.data ?? []) }).equals(encoded)).toBe(true);
    }
  },
);
