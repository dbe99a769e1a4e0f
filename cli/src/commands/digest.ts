import { listCheckpoints, loadNewestGood } from '@atelier/shared/checkpoint/checkpoint-reader';
import { LocalStore } from '@atelier/shared/checkpoint/local-store';
import { Command } from 'commander';
import { CommandError } from '../command-error.ts';
import { findRun } from '../operator/find-coordinator.ts';
import { printResult, say } from '../output.ts';
import { examples } from './run-options.ts';

export function digestCommand(): Command {
  return new Command('digest')
    .description(
      "print the SHA-256 of all groups' parameters in the newest good checkpoint: equal for equal runs",
    )
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--json', 'print digest, step and run id')
    .addHelpText(
      'after',
      examples('atelier digest runs/exact', 'test "$(atelier digest A)" = "$(atelier digest B)"'),
    )
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => {
      const folder = await findRun(dir);
      const store = new LocalStore(folder);
      const { checkpoint, damaged } = await loadNewestGood(store);
      for (const { key, reason } of damaged) say(`${key} is damaged (${reason}); looking at an older one`);
      if (checkpoint === undefined) {
        const numUnfinished = (await listCheckpoints(store)).length;
        throw new CommandError(
          'failure',
          `${folder} holds no good checkpoint (${numUnfinished} damaged or unfinished)`,
        );
      }
      const { parametersDigest, step, runId } = checkpoint.manifest;
      printResult(options.json, { digest: parametersDigest, step, runId }, () => parametersDigest);
    });
}
