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
    .description('show how far a run is and who works on it')
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
    .description('hold a run after the step under way; workers stay')
    .addHelpText('after', examples('atelier pause', 'atelier resume'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.pause());
      printResult(options.json, answer, () => `${answer.name} is ${answer.state} before step ${answer.step}`);
    });
}

function resume(): Command {
  return withRunOptions(new Command('resume'))
    .description('go on with a paused run')
    .addHelpText('after', examples('atelier resume --run runs/demo'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.resume());
      printResult(options.json, answer, () => `${answer.name} is ${answer.state}, at step ${answer.step}`);
    });
}

function checkpoint(): Command {
  return withRunOptions(new Command('checkpoint'))
    .description('write a checkpoint now, and answer when it is durable')
    .addHelpText('after', examples('atelier checkpoint --run runs/demo'))
    .action(async (options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.checkpoint());
      printResult(options.json, answer, () => `checkpoint of step ${answer.step}: ${answer.path}`);
    });
}

function drain(): Command {
  return withRunOptions(new Command('drain'))
    .description('let a worker finish what it holds and leave')
    .argument('<worker>', 'its name or id, as atelier status shows them')
    .addHelpText('after', examples('atelier drain worker-2'))
    .action(async (worker: string, options: RunCommandOptions) => {
      const answer = await withOperator(options, (operator) => operator.drain(worker));
      printResult(options.json, answer, () => `${worker} leaves when it has finished what it holds`);
    });
}

function stop(): Command {
  return withRunOptions(new Command('stop'))
    .description('end a run: checkpoint, tell the workers, end the coordinator')
    .option(
      '--no-checkpoint',
      'without the checkpoint: steps since the last one are computed again on resuming',
    )
    .addHelpText('after', examples('atelier stop', 'atelier train examples/demo.yaml --resume'))
    .action(async (options: RunCommandOptions & { readonly checkpoint: boolean }) => {
      const answer = await withOperator(options, (operator) =>
        operator.stop({ checkpoint: options.checkpoint }),
      );
      printResult(options.json, answer, () => `${answer.name} stops at step ${answer.step}`);
    });
}
