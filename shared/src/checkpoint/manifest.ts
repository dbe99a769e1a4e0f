import { z } from 'zod';
import { keptConfigSchema } from '../config/kept-config.ts';
import { engineFingerprintSchema } from '../engine-fingerprint.ts';
import { layoutHashOf, runDefinitionSchema } from '../layout/run-definition.ts';
import { CheckpointError } from './checkpoint-error.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const checkpointFileSchema = z.strictObject({
  /** Name beside the manifest. */
  name: z.string().min(1),
  group: z.string().min(1),
  sizeBytes: z.number().int().nonnegative(),
  sha256,
});

/** Written last: a checkpoint without a manifest does not exist. Everything else is checked against it. */
export const checkpointManifestSchema = z
  .strictObject({
    version: z.literal(1),
    runId: z.string().min(1),
    createdAt: z.string(),
    /** The state is that before `step`; the data cursor is a function of it. */
    step: z.number().int().nonnegative(),
    iteration: z.number().int().nonnegative(),
    config: keptConfigSchema,
    definition: runDefinitionSchema,
    layoutHash: sha256,
    fingerprint: engineFingerprintSchema,
    /** Number of updates each group has had. */
    versions: z.record(z.string(), z.number().int().nonnegative()),
    /** SHA-256 over all groups' parameters: the run's digest. */
    parametersDigest: sha256,
    files: z.array(checkpointFileSchema),
  })
  .superRefine((manifest, context) => {
    if (layoutHashOf(manifest.definition) !== manifest.layoutHash) {
      context.addIssue('layoutHash is not that of the definition');
    }
    const groups = manifest.definition.groups.map(({ name }) => name).sort();
    for (const [field, names] of [
      ['versions', Object.keys(manifest.versions)],
      ['files', manifest.files.map(({ group }) => group)],
    ] as const) {
      if ([...names].sort().join() !== groups.join())
        context.addIssue(`${field} must name the groups ${groups.join(', ')}`);
    }
  });

export type CheckpointManifest = z.output<typeof checkpointManifestSchema>;
export type CheckpointFile = z.output<typeof checkpointFileSchema>;

export function encodeManifest(manifest: CheckpointManifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param where names the manifest in messages @throws CheckpointError 'bad-manifest' */
export function decodeManifest(bytes: Uint8Array, where: string): CheckpointManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CheckpointError('bad-manifest', `${where} is not JSON`, { cause });
  }
  const result = checkpointManifestSchema.safeParse(parsed);
  if (!result.success) {
    throw new CheckpointError('bad-manifest', `${where} is wrong: ${z.prettifyError(result.error)}`);
  }
  return result.data;
}
