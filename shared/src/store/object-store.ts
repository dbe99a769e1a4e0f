import { CodedError } from '../errors/coded-error.ts';

/**
 * Where checkpoints live: a flat key space of immutable-once-complete objects. Implementations: local-store.ts (a folder)
 * and minio-store.ts (MinIO, S3); one contract suite (test/contract/object-store.ts) runs on each. Keys use '/' and never
 * '..'.
 */
export interface ObjectStore {
  /** In words, for messages: a path or URL. */
  readonly location: string;
  /** Atomic: the object is either wholly there (and durable) or not at all. */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** @throws ObjectStoreError code 'not-found' | 'unavailable' | 'damaged' */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * A part of an object, without reading the rest.
   * @returns `length` bytes from `offset`
   * @throws ObjectStoreError 'not-found' | 'unavailable' | 'damaged'; 'truncated' if the object ends before
   */
  getRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Keys under the prefix, sorted. */
  list(prefix: string, signal?: AbortSignal): Promise<string[]>;
  /** Removing what is not there is no error. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
}

/**
 * `unavailable` may pass by itself (down, slow, full); `denied` (wrong credentials) and `no-bucket` want a person;
 * `damaged`: the store answers, and cannot give back the bytes that were put.
 */
export type ObjectStoreErrorCode =
  | 'not-found'
  | 'unavailable'
  | 'bad-key'
  | 'truncated'
  | 'damaged'
  | 'denied'
  | 'no-bucket';

export class ObjectStoreError extends CodedError<ObjectStoreErrorCode> {}
