import type { core } from 'zod';

/** What was wanted at the place of an issue, in words; `undefined` where the issue is about the place's name alone. */
export function wantedBy(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'unrecognized_keys':
      return 'no field of this name';
    case 'invalid_union':
      return optionsOf(issue) ?? issue.message;
    default:
      return issue.message;
  }
}

/** A value as it would stand in the file, cut to a line's part. */
export function inWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function bound(origin: string, comparison: string, limit: number | bigint): string {
  return origin === 'string' || origin === 'array'
    ? `${comparison} ${limit} ${origin === 'string' ? 'characters' : 'items'}`
    : `${comparison} ${limit}`;
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'record' || expected === 'object') return 'a map of fields';
  return `a ${expected}`;
}

/** Of a union told apart by one field, what that field may be. */
function optionsOf(issue: core.$ZodIssueInvalidUnion): string | undefined {
  if (!('options' in issue) || !Array.isArray(issue.options)) return undefined;
  return `one of ${issue.options.map(String).join(', ')}`;
}
