import type { BenchReport } from '../report.ts';

export interface BenchContext {
  /** Few iterations: to see that everything works, not to measure. */
  readonly isQuick: boolean;
}

/** One thing that is measured beside its peer. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(context: BenchContext): Promise<BenchReport>;
}
