import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LOG_ADDON_PATH } from '@atelier/worker/install/compile-addon';
import { linkedEngineFolder } from '@atelier/worker/install/engine-paths';

/**
 * Makes all of TensorFlow obey TF_CPP_MIN_LOG_LEVEL in this process; to be called before it is loaded. Nothing where
 * the engine was not compiled here.
 */
export function quietLog(): void {
  const folder = linkedEngineFolder();
  const addon = folder && join(folder, LOG_ADDON_PATH);
  if (addon !== undefined && existsSync(addon)) createRequire(import.meta.url)(addon);
}
