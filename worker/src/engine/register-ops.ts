import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OPS_ADDON_PATH } from '@atelier/worker/install/compile-addon';
import { linkedEngineFolder } from '@atelier/worker/install/engine-paths';
import { z } from 'zod';

const opsAddonSchema = z.object({ processor: z.enum(['avx512', 'avx2', '']) });

/**
 * Registers TensorFlow ops of our own (`worker/native`) in this process, once TensorFlow is loaded. The variable
 * ATELIER_OPS_PROCESSOR asks for older processors' kernels ('avx2') or for none ('none').
 * @returns the kind of processor that their kernels are for; undefined where there are none: on a processor without AVX2,
 * or with an engine that was not compiled here
 * @throws Error where the addon does not load, or TensorFlow refuses one of its ops
 */
export function opsProcessor(): 'avx512' | 'avx2' | undefined {
  const folder = linkedEngineFolder();
  const addon = folder && join(folder, OPS_ADDON_PATH);
  if (addon === undefined || !existsSync(addon)) return undefined;
  const { processor } = opsAddonSchema.parse(createRequire(import.meta.url)(addon));
  return processor === '' ? undefined : processor;
}
