import type { LifeDecision, LifeEvent } from '@atelier/coordinator/life/life-types';

/** What each event has besides its type, in the order in which it is written. */
const FIELDS: { readonly [Type in LifeEvent['type']]: readonly string[] } = {
  'definition-brought': ['step', 'numSteps', 'stepsPerIteration', 'hasState'],
  began: ['evaluatedStep'],
  initialized: [],
  committed: ['step'],
  'all-committed': [],
  'non-finite': ['step', 'what'],
  loaded: ['step'],
  saved: ['step'],
  'save-failed': ['step', 'isLost'],
  drawn: [],
  evaluated: ['step'],
  'evaluator-heard': [],
  'evaluator-left': [],
  'reducers-gathered': [],
  'reducers-lost': [],
  'reducers-whole': ['step'],
  'pause-asked': [],
  'resume-asked': [],
  'stop-asked': ['checkpoint', 'reconnect'],
  failed: ['reason'],
  settled: ['isKept'],
  archived: [],
  time: [],
};

/** Events and decisions of a life as lines of text, the language of its scenarios: `@120 committed step=4`. */
export function textOfLifeEvent(event: LifeEvent, now: number): string {
  return `@${now} ${textOf(event)}`;
}

export function textOfLifeDecision(decision: LifeDecision): string {
  switch (decision.type) {
    case 'tell':
      return `tell ${textOf(decision.event)}`;
    case 'conclude': {
      const { kind, ...outcome } = decision.outcome;
      return `conclude ${textOf({ type: kind, ...outcome })}`;
    }
    default:
      return textOf(decision);
  }
}

/** The inverse of textOfLifeEvent. @throws SyntaxError that quotes the line */
export function parseLifeEvent(line: string): { readonly event: LifeEvent; readonly now: number } {
  const [, time, type = '', rest = ''] = /^@(\d+) ([a-z-]+) ?(.*)$/.exec(line) ?? [];
  const given = new Map(
    [...rest.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g)].map(([, name = '', value = '']) => [
      name,
      value === 'none' ? undefined : (JSON.parse(value) as unknown),
    ]),
  );
  const fields = type in FIELDS ? FIELDS[type as LifeEvent['type']] : undefined;
  if (fields === undefined || fields.length !== given.size || !fields.every((field) => given.has(field)))
    throw new SyntaxError(`this is no event: '${line}'`);
  return { event: { type, ...Object.fromEntries(given) } as LifeEvent, now: Number(time) };
}

function textOf({ type, ...fields }: { readonly type: string }): string {
  const known = type in FIELDS ? FIELDS[type as LifeEvent['type']] : [];
  const given = Object.entries(fields);
  const names = [...known, ...given.map(([name]) => name).filter((name) => !known.includes(name))];
  const values = new Map(given);
  const words = names
    .filter((name) => known.includes(name) || values.get(name) !== undefined)
    .map((name) => `${name}=${JSON.stringify(values.get(name)) ?? 'none'}`);
  return [type, ...words].join(' ');
}
