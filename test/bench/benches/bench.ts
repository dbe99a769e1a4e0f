import type { BenchReport } from '../contest/report.ts';

export interface BenchContext {
  /** Few iterations: to see that everything works, not to measure. */
  readonly isQuick: boolean;
  /** Where the coordinator's CPU profiles go, if they are wanted. */
  readonly profileFolder?: string | undefined;
  /** Of what goes by gRPC otherwise. */
  readonly byMemory: boolean;
}

/** One thing that is measured beside its peer. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(context: BenchContext): Promise<BenchReport>;
}
