import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OPS_ADDON_PATH } from '@atelier/worker/install/compile-addon';
import { linkedEngineFolder } from '@atelier/worker/install/engine-paths';
import { z } from 'zod';

const opsAddonSchema = z.object({ processor: z.enum(['avx512', 'avx2', '']) });

/**
 * Registers TensorFlow ops of our own (`worker/native`) in this process, once TensorFlow is loaded.
 * @returns whether there are any: not for a processor without AVX2, nor for an engine that was not compiled here
 */
export function registerOwnOps(): boolean {
  const folder = linkedEngineFolder();
  const addon = folder && join(folder, OPS_ADDON_PATH);
  if (addon === undefined || !existsSync(addon)) return false;
  return opsAddonSchema.parse(createRequire(import.meta.url)(addon)).processor !== '';
}
