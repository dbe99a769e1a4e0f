import { RunFolderError } from '@atelier/coordinator/storage/run-folder-error';
import { ConfigError } from '@atelier/shared/config/config-error';
import { isForeseen } from '@atelier/shared/errors/is-foreseen';
import { ObjectStoreError } from '@atelier/shared/store/object-store';
import { Command, CommanderError } from 'commander';
import { checkpointsCommand } from './commands/checkpoints.ts';
import { configCommand } from './commands/config.ts';
import { coordinatorCommand } from './commands/coordinator.ts';
import { dataCommand } from './commands/data.ts';
import { digestCommand } from './commands/digest.ts';
import { engineCommand } from './commands/engine.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { eventsCommand } from './commands/events.ts';
import { exportCommand } from './commands/export.ts';
import { inspectCommand } from './commands/inspect.ts';
import { journalCommand } from './commands/journal.ts';
import { operatorCommands } from './commands/operator-commands.ts';
import { reducerCommand } from './commands/reducer.ts';
import { sampleCommand } from './commands/sample.ts';
import { stylizeCommand } from './commands/stylize.ts';
import { trainCommand } from './commands/train.ts';
import { workerCommand } from './commands/worker.ts';
import { CommandError } from './terminal/command-error.ts';
import { type ExitCode, exitCodes } from './terminal/exit-code.ts';
import { say } from './terminal/output.ts';

const AFTER_HELP = `
Exit codes: 0 success, 1 failure, 2 wrong command line or config, 3 refused, 130 ended by Ctrl-C

Start here:
  $ atelier train examples/demo.yaml

docs/glossary.md explains the words that this program uses (virtual worker, step, reducer, ...).`;

/** The whole command line. Nothing happens before it is parsed. */
export function createProgram(): Command {
  const program = new Command('atelier')
    .description(
      'Train image-generating GANs on many workers. The same config gives the same parameters, bit for bit, even when workers join, leave or crash.',
    )
    .addHelpText('after', AFTER_HELP);
  const commands = [
    trainCommand(),
    coordinatorCommand(),
    workerCommand(),
    reducerCommand(),
    ...operatorCommands(),
    digestCommand(),
    checkpointsCommand(),
    eventsCommand(),
    journalCommand(),
    stylizeCommand(),
    sampleCommand(),
    evaluateCommand(),
    inspectCommand(),
    exportCommand(),
    dataCommand(),
    engineCommand(),
    configCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExiting(program);
  return program;
}

/** Runs a command line to its end. Never rejects. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Commander has said its own errors.
    if (!(error instanceof CommanderError)) report(error);
    return exitCodeOf(error);
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof ConfigError) return exitCodes.usage;
  if (error instanceof ObjectStoreError) return exitCodeOfStore(error);
  if (error instanceof RunFolderError) return exitCodes.refused;
  return exitCodes.failure;
}

/** Of a store that another try may find in order, and of one that wants a person. */
function exitCodeOfStore({ code }: ObjectStoreError): ExitCode {
  if (code === 'bad-key') return exitCodes.usage;
  return code === 'denied' || code === 'no-bucket' ? exitCodes.refused : exitCodes.failure;
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (message !== '') say(`atelier: ${message}`);
  if (error instanceof Error && !isForeseen(error) && error.stack !== undefined) say(error.stack);
}

/** As it is typed: atelier data pack. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  command.showHelpAfterError(`For help: ${pathOf(command)} --help`);
  for (const child of command.commands) throwInsteadOfExiting(child);
}
