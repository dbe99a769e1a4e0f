import { type Command, InvalidArgumentError, Option } from 'commander';
import { findCoordinator, type RunChoice } from '../operator/find-coordinator.ts';
import { OperatorClient } from '../operator/operator-client.ts';

/** --run and --coordinator, for the commands that talk to a run under way. */
export function withRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--run <dir>', "the run's folder (default: the newest run under ./runs)").conflicts(
        'coordinator',
      ),
    )
    .option('--coordinator <host:port>', 'the address of its coordinator')
    .option('--json', 'print the answer as JSON');
}

export interface RunCommandOptions extends RunChoice {
  readonly json?: boolean;
}

export async function withOperator<Result>(
  choice: RunChoice,
  act: (operator: OperatorClient) => Promise<Result>,
): Promise<Result> {
  const operator = new OperatorClient(await findCoordinator(choice));
  try {
    return await act(operator);
  } finally {
    operator.close();
  }
}

/** A whole number of at least `least`. */
export function count(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least) {
      throw new InvalidArgumentError(`wanted a whole number of at least ${least}.`);
    }
    return number;
  };
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
