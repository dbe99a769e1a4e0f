import { collectDefaultMetrics, Registry } from 'prom-client';

let ofProcess: Registry | undefined;

/**
 * A new registry that has the process's own metrics in it: CPU, memory, event loop, garbage collection. These are
 * collected once a process, however many registries it has: each collection has timers and observers of its own.
 */
export function createRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return Registry.merge([ofProcess]);
}
