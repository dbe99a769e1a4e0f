import { createInterface } from 'node:readline/promises';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { isS3Url } from '@atelier/shared/store/s3-connection';
import { CommandError } from '../terminal/command-error.ts';
import { say } from '../terminal/output.ts';
import { decideRun, type RunChoice } from './decide-run.ts';
import { freeFolderBeside } from './free-folder.ts';
import { readRunState } from './run-state.ts';

export interface ChosenFolder {
  readonly folder: string;
  readonly resume: boolean;
}

/**
 * Where to train, and whether to go on with what is there; a terminal is asked where both could be meant. What was chosen
 * is said.
 * @throws CommandError 'refused' | 'interrupted'
 */
export async function chooseFolder(
  folder: string,
  config: RunConfig,
  { resume, fresh }: { readonly resume: boolean; readonly fresh: boolean },
): Promise<ChosenFolder> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const decision = decideRun(await readRunState(folder, config), { resume, fresh, isTerminal });
  switch (decision.type) {
    case 'start':
      if (resume) say(`${folder} contains no run yet: ${whereElse(config)}`);
      return { folder, resume };
    case 'resume':
      say(`resuming ${folder}: ${decision.reason}`);
      return { folder, resume: true };
    case 'start-beside':
      return besides(folder, decision.reason);
    case 'ask':
      return carryOut(await ask(`${folder}: ${decision.question}`, decision.choices), folder);
    case 'refuse':
      throw new CommandError('refused', `${folder}: ${decision.reason}`);
  }
}

function whereElse({ checkpoint, name }: RunConfig): string {
  return isS3Url(checkpoint.store)
    ? `continuing ${name} from ${checkpoint.store}, or starting it if it is not there`
    : 'starting a new one';
}

async function besides(folder: string, reason: string): Promise<ChosenFolder> {
  const free = await freeFolderBeside(folder);
  say(`starting a new run in ${free}: ${reason} (${folder})`);
  return { folder: free, resume: false };
}

async function carryOut(choice: RunChoice, folder: string): Promise<ChosenFolder> {
  if (choice === 'resume') return { folder, resume: true };
  if (choice === 'fresh') return besides(folder, 'as you chose');
  throw new CommandError('interrupted', '');
}

const WORDS = { resume: '[r]esume', fresh: 'start [a]nother run', quit: '[q]uit' } as const;
const KEYS: Readonly<Record<string, RunChoice>> = { r: 'resume', a: 'fresh', q: 'quit' };

/** The first choice is the default. */
async function ask(question: string, choices: readonly RunChoice[]): Promise<RunChoice> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const words = choices.map((choice) => WORDS[choice]).join(', ');
    const answer = (await terminal.question(`${question} ${words}? `)).trim().toLowerCase();
    const chosen = KEYS[answer.charAt(0)];
    return chosen !== undefined && choices.includes(chosen) ? chosen : (choices[0] ?? 'quit');
  } finally {
    terminal.close();
  }
}
