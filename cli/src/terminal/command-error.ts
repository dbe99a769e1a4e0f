import { CodedError } from '@atelier/shared/errors/coded-error';
import { type ExitCode, exitCodes } from './exit-code.ts';

export type CommandErrorCode = 'failure' | 'usage' | 'refused' | 'interrupted';

/** A command that ends without its result; the message says what to do. */
export class CommandError extends CodedError<CommandErrorCode> {
  get exitCode(): ExitCode {
    return exitCodes[this.code];
  }
}
