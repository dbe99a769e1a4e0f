import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { Client, type ClientOptions } from 'minio';
import { systemClock } from '../time/system-clock.ts';
import { minioFailureOf } from './minio-failure.ts';
import { ObjectStoreError } from './object-store.ts';
import type { S3Connection, S3Location } from './s3-connection.ts';

export interface MinioRequestsOptions extends S3Connection, S3Location {
  /** The location in words. */
  readonly location: string;
  /** How long a request may stay without an answer, and an answer without a byte. */
  readonly requestMs: number;
  readonly maxAttempts: number;
}

/** One try of a request. */
export interface Attempt {
  readonly client: Client;
  /** Of the answer, in lower case. */
  header(name: string): string | undefined;
  /** Bytes have come: the time begins anew. */
  heard(): void;
}

type OnResponse = (response: IncomingMessage) => void;

const FIRST_DELAY_MS = 200;
const MAX_SOCKETS = 16;
/** The client tries these again by itself, and forgets what the server said; with this status it only reads it. */
const CLIENT_RETRIES: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 520]);
const SOME_ERROR = 599;

/**
 * Requests of the MinIO client with what it lacks: a deadline, an AbortSignal, and attempts that end with what the
 * server said. A client is only its options, so each attempt has its own.
 */
export class MinioRequests {
  readonly #options: MinioRequestsOptions;
  readonly #agent: http.Agent;

  constructor(options: MinioRequestsOptions) {
    this.#options = options;
    const { Agent } = options.endpoint.protocol === 'https:' ? https : http;
    this.#agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  }

  /**
   * Tries it until it succeeds, while the failure is one that may pass in a moment, and a bounded number of times. What is
   * not idempotent has one attempt.
   * @param what completes "cannot ..."
   * @throws ObjectStoreError
   */
  async run<T>(
    what: string,
    act: (attempt: Attempt) => Promise<T>,
    signal: AbortSignal | undefined,
    maxAttempts: number = this.#options.maxAttempts,
  ): Promise<T> {
    const { location, bucket, endpoint, accessKey } = this.#options;
    const place = { location, bucket, endpoint: endpoint.origin, accessKey };
    let reason = `${location}: gave up trying to ${what}: ${place.endpoint} did not answer`;
    for (let number = 1; ; number++) {
      const attempt = new OneAttempt(this.#options, this.#agent, signal);
      try {
        return await attempt.result(act);
      } catch (cause) {
        if (signal?.aborted) throw new ObjectStoreError('unavailable', reason, { cause });
        const { status, waitedMs } = attempt;
        const { error, isTransient } = minioFailureOf({ what, ...place, status, waitedMs, cause });
        if (!isTransient || number === maxAttempts) throw error;
        reason = error.message;
      }
      await systemClock.sleep(FIRST_DELAY_MS * 2 ** (number - 1), signal);
    }
  }
}

class OneAttempt implements Attempt {
  readonly client: Client;
  readonly #requestMs: number;
  readonly #late = new AbortController();
  readonly #given: AbortSignal | undefined;
  #response: IncomingMessage | undefined;
  /** That the server gave: the response's own may be changed. */
  #status: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MinioRequestsOptions, agent: http.Agent, signal: AbortSignal | undefined) {
    const { endpoint, accessKey, secretKey, sessionToken, region, requestMs } = options;
    this.#requestMs = requestMs;
    this.#given = signal;
    const useSSL = endpoint.protocol === 'https:';
    this.client = new Client({
      endPoint: endpoint.hostname,
      port: endpoint.port === '' ? (useSSL ? 443 : 80) : Number(endpoint.port),
      ...{ useSSL, region, accessKey, secretKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      transportAgent: agent,
      transport: this.#transportOver(useSSL ? https : http),
      retryOptions: { disableRetry: true },
    });
  }

  get status(): number | undefined {
    return this.#status;
  }

  /** In ms, if it was too long. */
  get waitedMs(): number | undefined {
    return this.#late.signal.aborted ? this.#requestMs : undefined;
  }

  get #signal(): AbortSignal {
    return this.#given === undefined ? this.#late.signal : AbortSignal.any([this.#given, this.#late.signal]);
  }

  header(name: string): string | undefined {
    const value = this.#response?.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late.abort(), this.#requestMs);
  }

  async result<T>(act: (attempt: Attempt) => Promise<T>): Promise<T> {
    const signal = this.#signal;
    signal.throwIfAborted();
    this.heard();
    try {
      return await Promise.race([act(this), rejectionBy(signal)]);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #transportOver({ request }: typeof http | typeof https): NonNullable<ClientOptions['transport']> {
    const signal = this.#signal;
    return {
      request: (
        target: RequestOptions | string | URL,
        onResponse?: RequestOptions | OnResponse,
      ): ClientRequest => {
        if (typeof target === 'string' || target instanceof URL || typeof onResponse !== 'function') {
          throw new TypeError('the client is expected to give options and a callback');
        }
        return request({ ...target, signal }, (response) => {
          this.#response = response;
          this.#status = response.statusCode;
          if (CLIENT_RETRIES.has(response.statusCode ?? 0)) response.statusCode = SOME_ERROR;
          onResponse(response);
        });
      },
    };
  }
}

function rejectionBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
