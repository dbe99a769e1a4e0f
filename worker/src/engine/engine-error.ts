/** The engine cannot be used as asked. */
export class EngineError extends Error {
  readonly code: 'addon-missing' | 'addon-broken' | 'no-gpu' | 'gpu-unknown' | 'already-loaded';

  constructor(code: EngineError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}
