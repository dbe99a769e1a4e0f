import { natsCredentialsOf } from '@atelier/shared/config/nats-credentials';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findCoordinator, type RunLocator } from '../operator/find-coordinator.ts';
import type { OperatorCalls } from '../operator/operator-calls.ts';
import { OperatorClient } from '../operator/operator-client.ts';
import { CommandError } from '../terminal/command-error.ts';

/** --run, --coordinator and --server, for the commands that talk to a run under way. */
export function withRunOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--run <dir>', "the run's folder (default: the newest run under ./runs)").conflicts(
        'coordinator',
      ),
    )
    .option('--coordinator <host:port>', 'address of the coordinator, instead of a run folder', address)
    .addOption(
      new Option(
        '--server <url>',
        'reach the coordinator through this NATS server (nats://host:port); --run then takes the name of the run',
      ).conflicts('coordinator'),
    )
    .option('--json', 'print JSON');
}

export interface RunCommandOptions extends RunLocator {
  readonly server?: string;
  readonly json?: boolean;
}

export async function withOperator<Result>(
  choice: RunCommandOptions,
  act: (operator: OperatorCalls) => Promise<Result>,
): Promise<Result> {
  const operator = await openOperator(choice);
  try {
    return await act(operator);
  } finally {
    operator.close();
  }
}

async function openOperator({ server: url, ...choice }: RunCommandOptions): Promise<OperatorCalls> {
  if (url === undefined) return new OperatorClient(await findCoordinator(choice));
  if (choice.run === undefined)
    throw new CommandError('usage', '--server needs --run NAME, the name of the run');
  const { NatsOperatorClient } = await import('../operator/nats-operator-client.ts');
  return NatsOperatorClient.connect({ url, credentials: natsCredentialsOf() }, choice.run);
}

/** A whole number of at least `least`. */
export function count(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < least) {
      throw new InvalidArgumentError(`give a whole number of at least ${least}.`);
    }
    return number;
  };
}

/** A host and a port, 0 to 65535, such as 127.0.0.1:7400. */
export function address(value: string): string {
  const [, port] = /^.+:(\d{1,5})$/.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('give HOST:PORT with a port from 0 to 65535, for example 127.0.0.1:7400.');
  return value;
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
