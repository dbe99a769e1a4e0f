import { expect, it } from 'vitest';
import { reducerService } from './services.ts';

it('brings 64-bit numbers as numbers, as the generated types say', () => {
  const { requestSerialize, requestDeserialize } = reducerService.PushNode;
  const sent = { header: { step: 2 ** 40, numBytes: 12, node: { level: 1, index: 2 } } };
  const received = requestDeserialize(requestSerialize(sent));
  expect(received).toMatchObject({ body: 'header', ...sent });
});
