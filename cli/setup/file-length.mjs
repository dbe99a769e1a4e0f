// @ts-check
// A source file that has grown long usually holds two concepts. One that holds one says so, in a comment.

const MAX_LINES = 250;
const SOURCE = /\.(ts|mjs|cjs|cc|h|py)$/;
const REASON = /^\s*(\/\/|#|\*) Over 250 lines: \S/m;

/** @param {string} path */
export function isSource(path) {
  return SOURCE.test(path);
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {string | undefined} what is wrong with its length
 */
export function lengthFaultOf(path, text) {
  const numLines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (numLines <= MAX_LINES || REASON.test(text)) return undefined;
  return `${path} has ${numLines} lines: split it, or say why it is one concept: // Over ${MAX_LINES} lines: ...`;
}
