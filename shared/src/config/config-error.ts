export type ConfigErrorCode = 'not-found' | 'unreadable' | 'not-yaml' | 'invalid';

/** A config that cannot be used; the message names file, line, field, what stands there and what was wanted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
