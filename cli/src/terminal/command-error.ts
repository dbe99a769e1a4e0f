import { type ExitCode, exitCodes } from './exit-code.ts';

export type CommandErrorCode = 'failure' | 'usage' | 'refused' | 'interrupted';

/** A command that ends without its result; the message says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;
  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): ExitCode {
    return exitCodes[this.code];
  }
}
