import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeAddress } from '../free-address.ts';
import { newServerFolder, RealServer, started } from './real-server.ts';

export interface NatsOptions {
  /** Whether it keeps streams. Default: true. */
  readonly jetStream?: boolean;
  /** Of all streams together on disk; what goes beyond is refused. Default: what the disk has. */
  readonly maxStoreBytes?: number;
  /** Without it, everybody is let in. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Of one message; default 1 MiB, the server's own. */
  readonly maxPayloadBytes?: number;
}

/** nats-server with JetStream. */
export class NatsServer extends RealServer {
  /** nats://host:port, without the login. */
  readonly url: string;

  /** @param place host:port of clients and of the health check */
  constructor(folder: string, place: { readonly clients: string; readonly monitoring: string }) {
    const command = { folder, args: ['--config', join(folder, 'nats.conf')], env: {} };
    super('nats', command, `http://${place.monitoring}/healthz`);
    this.url = `nats://${place.clients}`;
  }
}

/** A real NATS server, ready for JetStream. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const folder = await newServerFolder('nats');
  const place = { clients: await freeAddress(), monitoring: await freeAddress() };
  const { jetStream = true, maxStoreBytes, login, maxPayloadBytes } = options;
  const config = {
    listen: place.clients,
    http: place.monitoring,
    jetstream: jetStream ? { store_dir: join(folder, 'data'), max_file_store: maxStoreBytes } : false,
    authorization: login,
    max_payload: maxPayloadBytes,
  };
  // Its configuration language takes JSON, and JSON leaves out what is undefined.
  await writeFile(join(folder, 'nats.conf'), JSON.stringify(config));
  return started(new NatsServer(folder, place));
}
