/** Results go to stdout, everything else to stderr, so that a program can read the one and a person see the other. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The value as JSON for a program, or its words for a person. */
export function printResult(isJson: boolean | undefined, value: unknown, words: () => string): void {
  print(isJson ? JSON.stringify(value) : words());
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Left-aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
