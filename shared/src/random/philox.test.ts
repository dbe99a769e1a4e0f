import { expect, test } from 'vitest';
import { type PhiloxCounter, type PhiloxKey, philox } from './philox.ts';

// Known answers published with Random123 (kat_vectors, philox4x32 10 rounds).
const vectors: readonly { key: PhiloxKey; counter: PhiloxCounter; words: readonly number[] }[] = [
  { key: [0, 0], counter: [0, 0, 0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    key: [0xffffffff, 0xffffffff],
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    key: [0xa4093822, 0x299f31d0],
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

test.each(vectors)('draws the published numbers for counter $counter', ({ key, counter, words }) => {
  const out = new Uint32Array(4);
  philox(key, counter, out);
  expect([...out]).toEqual(words);
});
