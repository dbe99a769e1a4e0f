/** Of the stream that is made where no stream takes the events. */
export const STREAM_NAME = 'ATELIER';
/** `atelier.<run>.<noun>.<past participle>` */
export const ALL_SUBJECTS = 'atelier.*.*.*';

/**
 * The run's token in every subject: its name, and enough of its id to tell it from its namesakes.
 * Names are lower-case letters, digits and hyphens, which subjects take as they are.
 */
export function runTokenOf(run: { readonly name: string; readonly runId: string }): string {
  return `${run.name}-${run.runId.slice(0, 8)}`;
}

/** Whether it is a token, or like one; a name alone is not. */
export function isRunToken(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}$/.test(text);
}

/** The name in a token. */
export function runNameOf(runToken: string): string {
  return runToken.slice(0, runToken.lastIndexOf('-'));
}

/** @param type `<noun>.<past participle>`, or a pattern of it */
export function subjectOf(runToken: string, type = '*.*'): string {
  return `atelier.${runToken}.${type}`;
}

/** Whether every subject that fits `subject` (wildcards allowed) fits one of the patterns. */
export function isCovered(subject: string, patterns: readonly string[]): boolean {
  const tokens = subject.split('.');
  return patterns.some((pattern) => {
    const wanted = pattern.split('.');
    const isOpen = wanted.at(-1) === '>' && tokens.length >= wanted.length;
    if (isOpen) wanted.pop();
    else if (wanted.length !== tokens.length) return false;
    return wanted.every((token, i) => token === '*' || token === tokens[i]);
  });
}

/**
 * Commands have a root of their own: a stream that takes `atelier.>` would answer a request itself, with the
 * acknowledgement that it has stored it.
 */
export function commandSubjectOf(runToken: string, command: string): string {
  return `atelier-command.${runToken}.${command}`;
}
