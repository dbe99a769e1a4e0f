/** What a program that runs `atelier` can tell by the exit code. Listed in every command's help. */
export const exitCodes = {
  ok: 0,
  /** The run failed, a peer could not be reached, or something did not verify. */
  failure: 1,
  /** The command line or the config is wrong. */
  usage: 2,
  /** What was asked for was understood and refused: a folder in use, a worker with another engine, no such worker. */
  refused: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
