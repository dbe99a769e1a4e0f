import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether nobody listens at the host:port, and no connection holds its port. */
export async function canListen(address: string): Promise<boolean> {
  const at = address.lastIndexOf(':');
  const server = createServer().listen(Number(address.slice(at + 1)), address.slice(0, at));
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
