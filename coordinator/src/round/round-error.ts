import { ProgramFault } from '@atelier/shared/errors/program-fault';

/** The caller broke the round's contract: a mistake in the code around it, never the fault of a worker. */
export class RoundError extends ProgramFault<'bad-options' | 'bad-event'> {}
