import { Command } from 'commander';
import { findRun } from '../operator/find-coordinator.ts';
import { pageAddress } from '../operator/page-address.ts';
import { printResult } from '../terminal/output.ts';
import { examples, type RunCommandOptions, withOperator, withRunOptions } from './run-options.ts';
import { statusText } from './status-text.ts';

/** The commands that ask a coordinator one thing: status, pause, resume, checkpoint, drain, stop. */
export function operatorCommands(): Command[] {
  return [status(), pause(), resume(), checkpoint(), drain(), stop()];
}

function status(): Command {
  return withRunOptions(new Command('status'))
    .description('show the progress of a run and its workers')
    .addHelpText('after', examples('atelier status', 'atelier status --run runs/demo --json'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.status());
      const page = await knownPage(options);
      printResult(options.json, answer, () => statusText(answer, page));
    });
}

/** Of a run whose folder is at hand. */
async function knownPage({ coordinator, server, run }: RunCommandOptions): Promise<string | undefined> {
  if (coordinator !== undefined || server !== undefined) return undefined;
  return pageAddress(await findRun(run));
}

function pause(): Command {
  return withRunOptions(new Command('pause'))
    .description('pause a run after the current step; its workers stay connected')
    .addHelpText('after', examples('atelier pause', 'atelier resume'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.pause());
      printResult(
        options.json,
        answer,
        () => `${answer.name} is ${answer.state} before step ${answer.step}; to continue: atelier resume`,
      );
    });
}

function resume(): Command {
  return withRunOptions(new Command('resume'))
    .description('continue a paused run')
    .addHelpText('after', examples('atelier resume --run runs/demo'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.resume());
      printResult(options.json, answer, () => `${answer.name} is ${answer.state}, at step ${answer.step}`);
    });
}

function checkpoint(): Command {
  return withRunOptions(new Command('checkpoint'))
    .description('write a checkpoint now, and return when it is on disk or in the bucket')
    .addHelpText('after', examples('atelier checkpoint --run runs/demo'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.checkpoint());
      printResult(options.json, answer, () => `checkpoint of step ${answer.step}: ${answer.path}`);
    });
}

function drain(): Command {
  return withRunOptions(new Command('drain'))
    .description('let a worker finish its current work and leave')
    .argument('<worker>', 'name or id of the worker, as atelier status shows it')
    .addHelpText('after', examples('atelier drain worker-2'))
    .action(async (worker: string, options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.drain(worker));
      printResult(options.json, answer, () => `${worker} will leave after its current work`);
    });
}

function stop(): Command {
  return withRunOptions(new Command('stop'))
    .description('stop a run: write a checkpoint, then end the workers and the coordinator')
    .option(
      '--no-checkpoint',
      'write no checkpoint; a resumed run computes the steps since the last checkpoint again',
    )
    .addHelpText('after', examples('atelier stop', 'atelier train examples/demo.yaml --resume'))
    .action(async (options: RunCommandOptions & { readonly checkpoint: boolean }) => {
      const answer = await withOperator(options, (operator) =>
        operator.stop({ checkpoint: options.checkpoint }),
      );
      printResult(options.json, answer, () => `${answer.name} stops at step ${answer.step}`);
    });
}
