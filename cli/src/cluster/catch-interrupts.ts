import type { ProgressView } from '../progress/progress-view.ts';
import type { LocalCluster } from './local-cluster.ts';

export interface Interrupts {
  happened(): boolean;
  wereForced(): boolean;
  /** Signals do again what they do by default. */
  release(): void;
}

/** First Ctrl-C: checkpoint and stop. Second: end everything. */
export function catchInterrupts(cluster: LocalCluster, view: ProgressView): Interrupts {
  let number = 0;
  const interrupt = (): void => {
    number += 1;
    if (number > 1) {
      cluster.kill();
      return;
    }
    view.note('writing a checkpoint and stopping; press Ctrl-C again to end at once');
    cluster.stop().catch((error: unknown) => {
      view.note(
        `could not stop cleanly (${error instanceof Error ? error.message : String(error)}): ending all processes now`,
      );
      cluster.kill();
    });
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    happened: () => number > 0,
    wereForced: () => number > 1,
    release: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
