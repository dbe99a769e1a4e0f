import { CodedError } from '@atelier/shared/errors/coded-error';

/** The engine cannot be used as asked. */
export class EngineError extends CodedError<
  'addon-missing' | 'addon-broken' | 'no-gpu' | 'gpu-unknown' | 'already-loaded'
> {}
