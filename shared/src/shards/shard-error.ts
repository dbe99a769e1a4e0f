import { CodedError } from '../errors/coded-error.ts';

export type ShardErrorCode =
  /** There is no index: nothing was packed there, or packing was not finished. */
  | 'no-index'
  | 'bad-index'
  /** A shard that is missing, or whose bytes are not those that the index tells of. */
  | 'damaged'
  /** The target holds shards of something else. */
  | 'other-index';

/** Shards that must not be used, or not be overwritten; the message names the object and what to do. */
export class ShardError extends CodedError<ShardErrorCode> {}
