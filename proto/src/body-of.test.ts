import { describe, expect, it } from 'vitest';
import { bodyOf } from './body-of.ts';
import { trainingService } from './services.ts';

const { responseSerialize, responseDeserialize } = trainingService.Join;

describe('bodyOf', () => {
  it('gives the kind of what was sent, and what it was', () => {
    const sent = responseSerialize({ drained: {} });
    expect(bodyOf(responseDeserialize(sent))).toEqual({ kind: 'drained', value: {} });
    const stop = responseSerialize({ stop: { reason: 'done', reconnect: false } });
    expect(bodyOf(responseDeserialize(stop))).toMatchObject({ kind: 'stop', value: { reason: 'done' } });
  });

  it('gives nothing for a kind that only a newer sender knows', () => {
    // Field 100, two bytes long.
    const sent = Buffer.from([0xa2, 0x06, 0x02, 0x08, 0x01]);
    expect(bodyOf(responseDeserialize(sent))).toBeUndefined();
  });
});
