import { CodedError } from '../errors/coded-error.ts';

/**
 * unreachable: nobody answers, or not in time. unauthorized: the credentials are wrong or not enough.
 * no-jetstream: it keeps no streams. unsupported: it is too old. other-stream: its stream does not take the events.
 * rejected: it does not take an event, mostly because it is full. unknown-run: it knows no such run.
 */
export type EventServerErrorCode =
  | 'unreachable'
  | 'unauthorized'
  | 'no-jetstream'
  | 'unsupported'
  | 'other-stream'
  | 'rejected'
  | 'unknown-run';

export class EventServerError extends CodedError<EventServerErrorCode> {}
