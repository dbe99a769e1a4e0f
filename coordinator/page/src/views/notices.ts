import { element, elementById } from '../markup/element.ts';

const SHOWN_MS = 8_000;

/** Tells a person what came of what they asked for. A fault stays until it is put away. */
export function notify(text: string, kind: 'done' | 'fault'): void {
  const close = element('button', { type: 'button', class: 'quiet', 'aria-label': 'Dismiss' }, '✕');
  const notice = element('div', { class: `notice ${kind}` }, element('p', {}, text), close);
  close.addEventListener('click', () => notice.remove());
  if (kind === 'done') setTimeout(() => notice.remove(), SHOWN_MS);
  elementById('notices').append(notice);
}
