import { Life } from '@atelier/coordinator/life/life';
import type { LifeOptions } from '@atelier/coordinator/life/life-types';
import { parseLifeEvent, textOfLifeDecision } from './life-text.ts';

/** Of the options that a scenario may give, all of them numbers: 0 and 1 are no and yes. */
const DEFAULTS = {
  rollback: 0,
  reducers: 0,
  checkpointEvery: 1,
  evaluationEvery: 0,
  samplesEvery: 0,
  finalSampleMs: 1_000,
  evaluatorPatienceMs: 5_000,
};

/**
 * A scenario is a text: `options name=value ...`, events (`@120 committed step=4`), the question `? state`, and comments
 * (`# ...`). Under each event and question stand its answers, lines that begin with `  `. Returns the same text with the
 * answers that the life gives now.
 */
export function playLife(text: string): string {
  const life = new Life(optionsOf(text));
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line.startsWith('@')) {
      const { event, now } = parseLifeEvent(line);
      for (const decision of life.advance(event, now)) lines.push(`  -> ${textOfLifeDecision(decision)}`);
    } else if (line === '? state') lines.push(`  ${stateOf(life)}`);
    else if (!/^(#.*|options.*|)$/.test(line))
      throw new SyntaxError(`this is no line of a scenario: '${line}'`);
  }
  return lines.join('\n');
}

function stateOf({ state, wakesAtMs, wantsWorkersBack }: Life): string {
  const wake = wakesAtMs === undefined ? '' : `, until @${wakesAtMs}`;
  return `${state.kind}${wake}${wantsWorkersBack ? '' : ', workers need not come back'}`;
}

function optionsOf(text: string): LifeOptions {
  const given = { ...DEFAULTS };
  for (const [line] of text.matchAll(/^options .*$/gm)) {
    for (const [, name = '', value] of line.matchAll(/(\w+)=(\d+)/g)) {
      if (!(name in DEFAULTS)) throw new SyntaxError(`no option is called '${name}'`);
      given[name as keyof typeof DEFAULTS] = Number(value);
    }
  }
  return {
    incarnation: 'first',
    onNonFinite: given.rollback === 1 ? 'rollback' : 'fail',
    hasReducers: given.reducers === 1,
    every: {
      checkpoint: given.checkpointEvery,
      evaluation: given.evaluationEvery,
      samples: given.samplesEvery,
    },
    finalSampleMs: given.finalSampleMs,
    evaluatorPatienceMs: given.evaluatorPatienceMs,
  };
}
