import { once } from 'node:events';
import { createServer } from 'node:net';

/** host:port on loopback that nothing listens on: the same for every life of a coordinator. */
export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return `127.0.0.1:${address.port}`;
}
