/** What is known so far of a call's sender, for the count and the log of what is refused. */
export interface Caller {
  /** A session of this run; 'unknown' until it has been looked up. */
  session: string;
  step: number | undefined;
}
