/** The caller broke the round's contract: a mistake in the code around it, never the fault of a worker. */
export class RoundError extends Error {
  override readonly name = 'RoundError';
  readonly code: 'bad-options' | 'bad-event';

  constructor(code: 'bad-options' | 'bad-event', message: string) {
    super(message);
    this.code = code;
  }
}
