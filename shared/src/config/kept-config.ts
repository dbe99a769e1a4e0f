import { z } from 'zod';
import { type RunConfig, runConfigSchema } from './run-config.ts';

const formerSchema = z.looseObject({ engine: z.looseObject({}).optional() });

/**
 * A run's config as it was kept beside its results, by this version or an earlier one: what that one had no word for is
 * as it did it, and not as this one would by default.
 */
export const keptConfigSchema: z.ZodType<RunConfig> = z.preprocess((kept) => {
  const known = formerSchema.safeParse(kept);
  return known.success ? { ...known.data, engine: { ops: 'tensorflow', ...known.data.engine } } : kept;
}, runConfigSchema);
