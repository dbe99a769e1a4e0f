import { CodedError } from '@atelier/shared/errors/coded-error';
import type { ImageShape } from '../model/define-model.ts';

/** A data set's own parts: no example is in both. */
export type Split = 'train' | 'test';

/** Told while a data set is prepared for its first use. */
export type PreparationProgress = (done: number, total: number) => void;

/** Examples of one image domain, addressed by number. */
export interface Dataset {
  /** In words, for messages: 'mnist (train)', 'folder /pictures'. */
  readonly name: string;
  readonly numExamples: number;
  /** SHA-256 (hex) that identifies the content: equal on two workers exactly when they read the same examples. */
  readonly digest: string;
  readonly shape: ImageShape;
  /** Class of each example, where the source knows it: length numExamples. */
  readonly labels?: Uint8Array | undefined;
  /**
   * The examples at `indices`, NHWC, values in [-1, 1].
   * @returns length indices.length * size * size * channels
   * @throws DatasetError when the data under it changed or cannot be read
   */
  read(indices: readonly number[], signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

export type DatasetErrorCode = 'not-found' | 'truncated' | 'wrong-format' | 'empty' | 'unreadable';

/** A data set that cannot be used; the message names the file, what it has and what was wanted. */
export class DatasetError extends CodedError<DatasetErrorCode> {}
