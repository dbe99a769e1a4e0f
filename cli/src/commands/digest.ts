import { Command } from 'commander';
import { newestCheckpoint, openCheckpointPlaces, RUN_PLACE } from '../run-folder/checkpoint-places.ts';
import { printResult } from '../terminal/output.ts';
import { examples } from './run-options.ts';

export function digestCommand(): Command {
  return new Command('digest')
    .description(
      'print the SHA-256 of all parameters in the newest undamaged checkpoint; equal runs have equal digests',
    )
    .argument('[run]', RUN_PLACE)
    .option('--json', 'print the digest, the step and the id of the run as JSON')
    .addHelpText(
      'after',
      examples(
        'atelier digest runs/exact',
        'atelier digest s3://bucket/prefix/exact',
        'test "$(atelier digest A)" = "$(atelier digest B)"',
      ),
    )
    .action(async (run: string | undefined, options: { readonly json?: boolean }) => {
      const { manifest } = await newestCheckpoint(await openCheckpointPlaces(run));
      const { parametersDigest, step, runId } = manifest;
      printResult(options.json, { digest: parametersDigest, step, runId }, () => parametersDigest);
    });
}
