import { CodedError } from '@atelier/shared/errors/coded-error';

/** The gRPC server cannot listen at its address. The message names the address and the reason. */
export class ListenError extends CodedError<'not-listening'> {}
