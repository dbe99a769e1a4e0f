import { CodedError } from '../errors/coded-error.ts';

export type ConfigErrorCode = 'not-found' | 'unreadable' | 'not-yaml' | 'invalid';

/** A config that cannot be used; the message names file, line, field, what stands there and what was wanted. */
export class ConfigError extends CodedError<ConfigErrorCode> {}
