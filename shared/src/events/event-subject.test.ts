import { expect, it } from 'vitest';
import { isCovered, isRunToken, runNameOf, runTokenOf, subjectOf } from './event-subject.ts';

it('names a run by its name and the start of its id', () => {
  const token = runTokenOf({ name: 'my-run', runId: '3f2a9c04-0000-4000-8000-000000000001' });
  expect(subjectOf(token, 'worker.lost')).toBe('atelier.my-run-3f2a9c04.worker.lost');
  expect(isRunToken(token)).toBe(true);
  expect(isRunToken('my-run')).toBe(false);
  expect(runNameOf(token)).toBe('my-run');
});

it.each([
  ['atelier.*.*.*', true],
  ['atelier.>', true],
  ['>', true],
  ['atelier.a.*.*', true],
  ['atelier.a.>', true],
  ['atelier.a.run.*', false],
  ['atelier.b.>', false],
  ['atelier.a.*', false],
  ['atelier.a.*.*.>', false],
])('knows whether %s takes all of a run', (pattern, takes) => {
  expect(isCovered('atelier.a.*.*', ['else', pattern])).toBe(takes);
});
