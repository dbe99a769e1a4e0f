import { once } from 'node:events';
import { createServer } from 'node:net';
import { splitAddress } from '@atelier/shared/address';
import { isForeseen } from '@atelier/shared/errors/is-foreseen';

/** Whether nobody listens at the host:port, and no connection holds its port. */
export async function canListen(address: string): Promise<boolean> {
  const server = createServer().listen(splitAddress(address));
  try {
    await once(server, 'listening');
  } catch (error) {
    if (isForeseen(error)) return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
