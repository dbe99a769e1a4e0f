import { providedPath } from './provided-program.ts';

/** The path of Chromium or Chrome. @throws Error saying what to install */
export function findChromium(): string {
  return providedPath('chromium');
}
