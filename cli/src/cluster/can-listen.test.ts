import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { canListen } from './can-listen.ts';

describe('an address', () => {
  it('can be listened at while nobody else does', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = server.address();
    if (taken === null || typeof taken === 'string') throw new Error('no port');
    const address = `127.0.0.1:${taken.port}`;
    expect(await canListen(address)).toBe(false);
    server.close();
    await once(server, 'close');
    expect(await canListen(address)).toBe(true);
  });
});
