import type { RoundDecision, RoundEvent } from '@atelier/coordinator/round/round-types';
import { type NodeId, nodeKey } from '@atelier/shared/tree/node-id';

/** Round events and decisions as lines of text: the language of the scenario files and of the simulation's traces. */
export function textOfEvent(event: RoundEvent, now: number): string {
  return `@${now} ${bodyOf(event)}`;
}

function bodyOf(event: RoundEvent): string {
  switch (event.type) {
    case 'worker-joined':
      return `${event.type} ${event.session} ${event.worker}`;
    case 'worker-left':
      return `${event.type} ${event.session} ${event.reason}`;
    case 'worker-heard':
    case 'drain-requested':
      return `${event.type} ${event.session}`;
    case 'node-arrived':
      return `${event.type} ${event.session} step ${event.step} node ${nodeKey(event.node)} in ${event.computeSeconds} s`;
    case 'block-failed':
      return `${event.type} ${event.session} step ${event.step} node ${nodeKey(event.node)} ${event.message}`;
    case 'step-committed':
    case 'rolled-back':
      return `${event.type} ${event.step}`;
    case 'paused':
    case 'resumed':
    case 'tick':
      return event.type;
  }
}

export function textOfDecision(decision: RoundDecision): string {
  switch (decision.type) {
    case 'assign':
      return `assign ${decision.session} step ${decision.step}: ${textOfNodes(decision.blocks)} (${decision.reason})`;
    case 'revoke':
      return `revoke ${decision.session} step ${decision.step}: ${textOfNodes(decision.blocks)}`;
    case 'accept-node':
      return `accept-node ${decision.session} step ${decision.step}: ${nodeKey(decision.node)}`;
    case 'refuse-node':
      return `refuse-node ${decision.session} step ${decision.step}: ${nodeKey(decision.node)} ${decision.code}, ${decision.reason}`;
    case 'commit':
      return `commit step ${decision.step}: ${decision.nodes.map(({ node, worker }) => `${nodeKey(node)} by ${worker}`).join(', ')}`;
    case 'expel':
      return `expel ${decision.session}: ${decision.reason}`;
    case 'release':
      return `release ${decision.session}`;
    case 'complete':
      return 'complete';
  }
}

export function textOfNodes(nodes: readonly NodeId[]): string {
  return nodes.map(nodeKey).join(' ');
}

/** The inverse of textOfEvent. @throws SyntaxError that quotes the line */
export function parseEvent(line: string): { readonly event: RoundEvent; readonly now: number } {
  const [, time, type, rest] = /^@(\d+) ([a-z-]+) ?(.*)$/.exec(line) ?? [];
  const event = type === undefined || rest === undefined ? undefined : parseBody(type, rest);
  if (event === undefined) throw new SyntaxError(`this is no event: '${line}'`);
  return { event, now: Number(time) };
}

function parseBody(type: string, rest: string): RoundEvent | undefined {
  const [first = '', ...words] = rest.split(' ');
  switch (type) {
    case 'worker-joined':
      return { type, session: first, worker: words.join(' ') };
    case 'worker-left':
      return { type, session: first, reason: words.join(' ') };
    case 'worker-heard':
    case 'drain-requested':
      return { type, session: first };
    case 'node-arrived':
    case 'block-failed':
      return parseNodeEvent(type, rest);
    case 'step-committed':
    case 'rolled-back':
      return { type, step: Number(first) };
    case 'paused':
    case 'resumed':
    case 'tick':
      return { type };
    default:
      return undefined;
  }
}

function parseNodeEvent(type: 'node-arrived' | 'block-failed', rest: string): RoundEvent | undefined {
  const found = /^(\S+) step (\d+) node (-?\d+):(-?\d+) (.+)$/.exec(rest);
  if (found === null) return undefined;
  const [, session = '', step, level, index, tail = ''] = found;
  const common = { session, step: Number(step), node: { level: Number(level), index: Number(index) } };
  if (type === 'block-failed') return { type, ...common, message: tail };
  return { type, ...common, computeSeconds: Number(/^in (\S+) s$/.exec(tail)?.[1]) };
}
