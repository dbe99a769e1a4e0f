import { CodedError } from './coded-error.ts';

/** A mistake in this program, whatever its code: nothing that a caller could foresee, and nothing to be ignored. */
export abstract class ProgramFault<Code extends string = string> extends CodedError<Code> {}
