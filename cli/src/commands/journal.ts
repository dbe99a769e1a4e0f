import { join } from 'node:path';
import { auditJournal, type JournalAudit } from '@atelier/shared/journal/journal-audit';
import { readJournal } from '@atelier/shared/journal/journal-reader';
import { Command } from 'commander';
import { findRun } from '../operator/find-coordinator.ts';
import { CommandError } from '../terminal/command-error.ts';
import { printResult } from '../terminal/output.ts';
import { examples } from './run-options.ts';

export function journalCommand(): Command {
  const command = new Command('journal').description("check a run's journal, which records every step");
  command
    .command('audit')
    .description(
      'check that the run used every example exactly once in each finished epoch; exit with code 1 if it did not',
    )
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier journal audit runs/demo'))
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => {
      const folder = await findRun(dir);
      const audit = await auditJournal(readJournal(join(folder, 'journal.jsonl')));
      printResult(options.json, audit, () => auditText(audit));
      if (audit.missing + audit.repeated + audit.problems.length > 0) {
        throw new CommandError(
          'failure',
          `the journal of ${folder} does not show that each example was used exactly once: see the findings above`,
        );
      }
    });
  return command;
}

function auditText({ missing, repeated, steps, recomputed, domains, problems }: JournalAudit): string {
  return [
    `${missing} missing, ${repeated} repeated`,
    `${steps} steps stand, ${recomputed} were computed again after a restart`,
    ...domains.map(
      ({ domain, epochsFinished, missing, repeated }) =>
        `${domain}: ${epochsFinished} finished epochs, ${missing} missing, ${repeated} repeated`,
    ),
    ...problems,
  ].join('\n');
}
