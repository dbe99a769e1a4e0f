/**
 * The `code` of an error: a word in ours (CodedError) and in Node's ('ENOENT', 'ABORT_ERR'), a number in those of gRPC
 * and in a DOMException. An error without one was foreseen by nobody.
 */
export function codeOf(error: unknown): string | number | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  return typeof error.code === 'string' || typeof error.code === 'number' ? error.code : undefined;
}

/** Whether the error has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly (string | number)[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}
