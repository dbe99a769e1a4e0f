import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { gradientPath } from './gradient-path.ts';
import { overview } from './overview.ts';
import { storageAndEvents } from './storage-and-events.ts';
import { workers } from './workers.ts';

/** All dashboards. Their uid is the name of their file. */
export function dashboards(): readonly Dashboard[] {
  return [overview(), workers(), gradientPath(), storageAndEvents()];
}
