/** The first name that stands twice in the outermost object of a valid JSON text. */
export function duplicateKeyOf(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let isValue = false;
  // Strings are taken whole, so that brackets and commas inside them do not count.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth !== 1) continue;
    else if (token === ':') isValue = true;
    else if (token === ',') isValue = false;
    else if (!isValue) {
      const key = String(JSON.parse(token));
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}
