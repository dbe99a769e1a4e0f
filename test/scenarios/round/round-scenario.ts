import { RoundLedger } from '@atelier/coordinator/invariants/round-ledger';
import { Round } from '@atelier/coordinator/round/round';
import type { RoundOptions } from '@atelier/coordinator/round/round-types';
import { parseEvent, textOfDecision, textOfNodes } from './round-text.ts';

const DEFAULTS: RoundOptions = {
  numVirtualWorkers: 4,
  numSteps: 10,
  leaseMs: 10_000,
  lateFactor: 3,
  lateFloorMs: 2_000,
  minWorkers: 1,
};

/**
 * A scenario is a text: `options name=value ...`, events (`@120 worker-left s1 killed`), questions (`? state`,
 * `? members`), comments (`# ...`). Under each event and question stand its answers, lines that begin with `  `.
 * Returns the same text with the answers that the round gives now.
 * @throws InvariantError where they do not fit together
 */
export function playRound(text: string): string {
  const { options, start } = optionsOf(text);
  const round = new Round(options, start);
  const ledger = new RoundLedger(options, start);
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line.startsWith('@')) {
      const { event, now } = parseEvent(line);
      const decisions = round.advance(event, now);
      ledger.observe(event, now, decisions, () => round.members());
      for (const decision of decisions) lines.push(`  -> ${textOfDecision(decision)}`);
    } else if (line.startsWith('?')) lines.push(...answersTo(line, round));
    else if (!/^(#.*|options.*|)$/.test(line))
      throw new SyntaxError(`this is no line of a scenario: '${line}'`);
  }
  return lines.join('\n');
}

function optionsOf(text: string): {
  readonly options: RoundOptions;
  readonly start: { readonly step: number };
} {
  const given: Record<string, number> = {};
  for (const [, name, value] of optionWords(text)) {
    if (name === undefined || !(name in DEFAULTS || name === 'step'))
      throw new SyntaxError(`no option is called '${name}'`);
    given[name] = Number(value);
  }
  const { step = 0, ...options } = given;
  return { options: { ...DEFAULTS, ...options }, start: { step } };
}

function optionWords(text: string): RegExpExecArray[] {
  return [...text.matchAll(/^options .*$/gm)].flatMap(([line]) => [...line.matchAll(/(\w+)=(\d+)/g)]);
}

function answersTo(question: string, round: Round): string[] {
  if (question === '? state') return [`  = ${round.state.kind}: ${round.state.reason}`];
  if (question !== '? members') throw new SyntaxError(`ask '? state' or '? members', not '${question}'`);
  return round.members().map(({ session, worker, state, blocks, virtualWorkersPerSecond }) => {
    const work = blocks.length === 0 ? 'nothing' : textOfNodes(blocks);
    return `  = ${session} ${worker} ${state} holds ${work}, ${Number(virtualWorkersPerSecond.toFixed(3))} a second`;
  });
}
