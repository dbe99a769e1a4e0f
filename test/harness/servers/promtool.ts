import { providedPath } from './provided-program.ts';

/** The path of promtool. @throws Error saying what to install */
export function findPromtool(): string {
  return providedPath('promtool');
}
