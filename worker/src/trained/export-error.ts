import { CodedError } from '@atelier/shared/errors/coded-error';

/**
 * `not-recordable`: the model's `generate` is no plain graph; `other-values`: its graph gives others than it does;
 * `unknown-op`: an operation that the wanted format has no translation for; `not-built`: the page is missing.
 */
export type ExportErrorCode = 'not-recordable' | 'other-values' | 'unknown-op' | 'not-built';

/** A generator that cannot be written in the wanted format; the message says what is in the way. */
export class ExportError extends CodedError<ExportErrorCode> {}
