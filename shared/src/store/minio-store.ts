import { ignoring } from '../async/ignoring.ts';
import { sha256Of } from '../sha256.ts';
import { BrokenOffError } from './minio-failure.ts';
import { type Attempt, MinioRequests } from './minio-requests.ts';
import { checkObjectKey } from './object-key.ts';
import { type ObjectStore, ObjectStoreError } from './object-store.ts';
import type { S3Connection, S3Location } from './s3-connection.ts';

export interface MinioStoreOptions extends S3Connection, S3Location {
  /** How long the server may be silent, in ms. Default: 30,000. */
  readonly requestMs?: number;
  /** Objects larger than this are put in parts of this size; 5 MiB at least. Default: 16 MiB. */
  readonly partBytes?: number;
  /** Of each request, while its failure may pass in a moment. Default: 3. */
  readonly maxAttempts?: number;
}

const MIB = 2 ** 20;
const MAX_PARTS = 10_000;
const NOT_ENDED = 'the failure that led here is told; the next write of the object ends what was begun';
const PARALLEL_PARTS = 4;
/** Metadata of each object: what `get` compares. */
const SHA256 = 'sha256';

/**
 * A bucket of MinIO or S3 as object store, with one writer of a key at a time. `put` is atomic, and the server checks
 * what it receives; an object carries its SHA-256, so that `get` gives the bytes that were put or says that it cannot. Works with
 * versioning on or off, and with lifecycle rules that end unfinished uploads.
 */
export class MinioStore implements ObjectStore {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #partBytes: number;
  readonly #requests: MinioRequests;

  constructor(options: MinioStoreOptions) {
    const { bucket, prefix, requestMs = 30_000, maxAttempts = 3, partBytes = 16 * MIB } = options;
    this.location = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#partBytes = partBytes;
    this.#requests = new MinioRequests({ ...options, location: this.location, requestMs, maxAttempts });
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkObjectKey(key);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sha256 = sha256Of(body);
    if (body.length > this.#partBytes) return this.#putInParts(key, body, sha256, signal);
    const put = ({ client }: Attempt) =>
      client.putObject(this.#bucket, this.#nameOf(key), body, body.length, { [SHA256]: sha256 });
    await this.#requests.run(`write ${key}`, put, signal);
  }

  async get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    checkObjectKey(key);
    const read = async (attempt: Attempt): Promise<Uint8Array> => {
      const stream = await attempt.client.getObject(this.#bucket, this.#nameOf(key));
      const bytes = await readBody(stream, attempt);
      const expected = attempt.header(`x-amz-meta-${SHA256}`);
      const found = expected === undefined ? undefined : sha256Of(bytes);
      if (found === expected) return bytes;
      const difference = `has the SHA-256 ${found}, and had ${expected} when it was put`;
      throw new ObjectStoreError('damaged', `${this.location}: ${key} ${difference}`);
    };
    return this.#requests.run(`read ${key}`, read, signal);
  }

  async getRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkObjectKey(key);
    // There is no empty range.
    if (length === 0) return new Uint8Array();
    const read = async (attempt: Attempt): Promise<Uint8Array> => {
      const name = this.#nameOf(key);
      const bytes = await readBody(
        await attempt.client.getPartialObject(this.#bucket, name, offset, length),
        attempt,
      );
      if (bytes.byteLength === length) return bytes;
      throw new ObjectStoreError('truncated', `${this.location}: ${key} ends before byte ${offset + length}`);
    };
    return this.#requests.run(`read ${key}`, read, signal);
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const read = async (attempt: Attempt): Promise<string[]> => {
      const keys: string[] = [];
      for await (const { name } of attempt.client.listObjectsV2(this.#bucket, this.#nameOf(prefix), true)) {
        // Consoles put an object of that name for an empty folder.
        if (name !== undefined && !name.endsWith('/')) keys.push(name.slice(this.#prefix.length));
        attempt.heard();
      }
      return keys.sort();
    };
    return this.#requests.run(`list ${prefix}`.trimEnd(), read, signal);
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkObjectKey(key);
    const remove = ({ client }: Attempt) => client.removeObject(this.#bucket, this.#nameOf(key));
    await this.#requests.run(`remove ${key}`, remove, signal);
  }

  /** The client's own way numbers parts wrongly and goes on with the parts of whoever was there before. */
  async #putInParts(
    key: string,
    body: Buffer,
    sha256: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const name = this.#nameOf(key);
    const what = `write ${key}`;
    await this.#endUploads(name, what, signal);
    const begin = ({ client }: Attempt) =>
      client.initiateNewMultipartUpload(this.#bucket, name, { [`x-amz-meta-${SHA256}`]: sha256 });
    const uploadId = await this.#requests.run(what, begin, signal).catch(async (error: unknown) => {
      // The server may have begun one whose name has not come back.
      if (signal?.aborted) await ignoring(this.#endUploads(name, what, undefined), NOT_ENDED);
      throw error;
    });
    try {
      const parts = await this.#putParts({ name, what, uploadId, body }, signal);
      // Completed twice it would be refused: the whole upload is tried again instead, by whoever wants it.
      const complete = ({ client }: Attempt) =>
        client.completeMultipartUpload(this.#bucket, name, uploadId, parts);
      await this.#requests.run(what, complete, signal, 1);
    } catch (error) {
      await ignoring(this.#endUpload(name, uploadId, what), NOT_ENDED);
      throw error;
    }
  }

  async #putParts(
    upload: {
      readonly name: string;
      readonly what: string;
      readonly uploadId: string;
      readonly body: Buffer;
    },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly part: number; readonly etag: string }[]> {
    const { name, what, uploadId, body } = upload;
    const partBytes = Math.max(this.#partBytes, Math.ceil(body.length / MAX_PARTS));
    const numbers = Array.from({ length: Math.ceil(body.length / partBytes) }, (_, i) => i + 1);
    const waiting = numbers.values();
    const failed = new AbortController();
    const whole = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const parts: { part: number; etag: string }[] = [];
    const putSome = async (): Promise<void> => {
      for (const part of waiting) {
        const payload = body.subarray((part - 1) * partBytes, part * partBytes);
        const place = {
          bucketName: this.#bucket,
          objectName: name,
          uploadID: uploadId,
          partNumber: part,
          headers: {},
        };
        const { etag } = await this.#requests.run(
          what,
          ({ client }) => client.uploadPart(place, payload),
          whole,
        );
        parts.push({ part, etag });
      }
    };
    const lanes = Array.from({ length: PARALLEL_PARTS }, () =>
      putSome().catch((error) => failed.abort(error)),
    );
    await Promise.all(lanes);
    if (failed.signal.aborted) throw failed.signal.reason;
    return parts.sort((a, b) => a.part - b.part);
  }

  /** Of a writer that was killed: their parts take room, and nobody will complete them. */
  async #endUploads(name: string, what: string, signal: AbortSignal | undefined): Promise<void> {
    const find = async ({ client }: Attempt): Promise<string[]> => {
      const { uploads } = await client.listIncompleteUploadsQuery(this.#bucket, name, '', '', '');
      return uploads.filter(({ key }) => key === name).map(({ uploadId }) => uploadId);
    };
    for (const uploadId of await this.#requests.run(what, find, signal))
      await this.#endUpload(name, uploadId, what);
  }

  /** Not by the caller's signal: after it, too. */
  #endUpload(name: string, uploadId: string, what: string): Promise<void> {
    const end = ({ client }: Attempt) => client.abortMultipartUpload(this.#bucket, name, uploadId);
    return this.#requests.run(`end the upload to ${what}`, end, undefined, 1);
  }

  #nameOf(key: string): string {
    return `${this.#prefix}${key}`;
  }
}

/** @throws BrokenOffError when there are fewer bytes than the server has announced */
async function readBody(stream: AsyncIterable<unknown>, attempt: Attempt): Promise<Uint8Array> {
  const sizeBytes = Number(attempt.header('content-length'));
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('an object comes in bytes');
      bytes.set(chunk, at);
      at += chunk.byteLength;
      attempt.heard();
    }
  } catch (cause) {
    throw new BrokenOffError(`${at} of ${sizeBytes} bytes have come`, { cause });
  }
  return bytes;
}
