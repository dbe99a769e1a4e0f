import { canListen } from '@atelier/cli/cluster/can-listen';

/**
 * Below what systems give to outgoing connections: while a server is down, nobody may get its port by chance, least of
 * all a client that dials it again and again and would be connected to itself.
 */
const FIRST_PORT = 20_000;
const NUM_PORTS = 10_000;

/** host:port on loopback that nothing listens on: the same for every life of a server. */
export async function freeAddress(): Promise<string> {
  for (;;) {
    const address = `127.0.0.1:${FIRST_PORT + Math.floor(Math.random() * NUM_PORTS)}`;
    if (await canListen(address)) return address;
  }
}
