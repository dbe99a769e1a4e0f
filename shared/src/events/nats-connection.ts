import { readFile } from 'node:fs/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
// The package makes this class and shows it nowhere else.
import { jserrors } from '@nats-io/jetstream/internal';
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  PermissionViolationError,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import type { NatsCredentials } from '../config/nats-credentials.ts';
import { EventServerError } from './event-server-error.ts';

const CONNECT_MS = 5_000;
/** A server that is silent for so long, while nothing is asked of it, is given up. */
const PING_MS = 5_000;
const MOST_SILENT_PINGS = 2;
const REFUSALS = [AuthorizationError, UserAuthenticationExpiredError, PermissionViolationError];

export interface EventServer {
  /** nats://host:port or tls://host:port; several, with commas between, are one cluster. */
  readonly url: string;
  readonly credentials?: NatsCredentials | undefined;
}

/**
 * @param options.name what the server calls it in its reports
 * @param options.reconnect whether it outlives the server's absence; else it ends with the first fault. Default: false
 * @throws EventServerError 'unreachable' | 'unauthorized'
 */
export async function connectNats(
  { url, credentials }: EventServer,
  { name, reconnect = false }: { readonly name: string; readonly reconnect?: boolean },
): Promise<NatsConnection> {
  try {
    return await connect({
      ...(await loginOf(credentials)),
      servers: url.split(','),
      name,
      reconnect,
      maxReconnectAttempts: -1,
      timeout: CONNECT_MS,
      pingInterval: PING_MS,
      maxPingOut: MOST_SILENT_PINGS,
    });
  } catch (error) {
    throw eventServerErrorOf(error, url);
  }
}

async function loginOf(credentials: NatsCredentials | undefined): Promise<ConnectionOptions> {
  if (credentials === undefined) return {};
  if ('token' in credentials) return { token: credentials.token };
  if ('user' in credentials) return { user: credentials.user, pass: credentials.password };
  return { authenticator: credsAuthenticator(await readFile(credentials.credsPath)) };
}

/** Any fault of the client, in our words; the server's own are behind a colon. */
export function eventServerErrorOf(error: unknown, url: string): EventServerError {
  if (error instanceof EventServerError) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof JetStreamApiError) {
    return new EventServerError('rejected', `the NATS server ${url} refused the request: ${message}`, {
      cause: error,
    });
  }
  if (REFUSALS.some((refusal) => error instanceof refusal)) {
    const advice = 'set NATS_USER and NATS_PASSWORD, or NATS_TOKEN, or NATS_CREDS';
    return new EventServerError(
      'unauthorized',
      `the NATS server ${url} rejected the credentials (${message}): ${advice}`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof jserrors.JetStreamNotEnabled) {
    return new EventServerError(
      'no-jetstream',
      `the NATS server ${url} has no JetStream: start it with JetStream enabled (nats-server -js)`,
      {
        cause: error,
      },
    );
  }
  return new EventServerError(
    'unreachable',
    `the NATS server ${url} does not answer (${message}): start it, or check the address`,
    { cause: error },
  );
}
