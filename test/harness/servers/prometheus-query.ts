export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the number as text. */
  readonly value: readonly [number, string];
}

type QueryAnswer =
  | { readonly status: 'success'; readonly data: { readonly result: Series[] } }
  | { readonly status: 'error'; readonly error: string };

/**
 * The series that an expression gives, by the Prometheus at the URL.
 * @param atSeconds in Unix time; default now
 * @throws Error with what Prometheus says about the expression
 */
export async function queryPrometheus(
  url: string,
  expression: string,
  atSeconds?: number,
): Promise<Series[]> {
  const time = atSeconds === undefined ? {} : { time: String(atSeconds) };
  const parameters = new URLSearchParams({ query: expression, ...time });
  const response = await fetch(`${url}/api/v1/query?${parameters.toString()}`);
  const answer = (await response.json()) as QueryAnswer;
  if (answer.status === 'error') throw new Error(`${expression}: ${answer.error}`);
  return answer.data.result;
}
