// @ts-check
// Subjects of commits are read in lists, which cut longer ones off.

const MAX_LENGTH = 72;

/**
 * @param {string} line hash, space, subject
 * @returns {string | undefined} what is wrong with the subject
 */
export function subjectFaultOf(line) {
  const space = line.indexOf(' ');
  const [hash, subject] = [line.slice(0, space), line.slice(space + 1)];
  if (subject.length <= MAX_LENGTH) return undefined;
  return `${hash} has a subject of ${subject.length} characters, at most ${MAX_LENGTH}: ${subject}`;
}
