import type { CurvePoints } from '@atelier/coordinator/http/curves/run-curves';
import type { SampleFile } from '@atelier/coordinator/http/sample-files';
import type { RunConfig } from '@atelier/shared/config/run-config';
import { CodedError } from '@atelier/shared/errors/coded-error';
import type { JudgedEvaluation } from '@atelier/shared/evaluation/evaluation';

const TOKEN_KEY = 'atelier-token';

/** The coordinator said no, or nothing. */
export class ApiError extends CodedError<'unauthorized' | 'refused' | 'unreachable'> {}

/** What the page asks of the coordinator that serves it. Every method may throw an ApiError. */
export class RunApi {
  #token: string | undefined;

  /** Takes the token from behind the # of the address and clears it away: what is on the screen may be shown around. */
  constructor() {
    const given = new URLSearchParams(location.hash.slice(1)).get('token');
    if (given !== null) {
      sessionStorage.setItem(TOKEN_KEY, given);
      history.replaceState(null, '', location.pathname + location.search);
    }
    this.#token = sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  useToken(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token);
    this.#token = token;
  }

  config(): Promise<RunConfig> {
    return this.#get('config');
  }

  samples(): Promise<readonly SampleFile[]> {
    return this.#get('samples');
  }

  /** Oldest first. */
  evaluations(): Promise<readonly JudgedEvaluation[]> {
    return this.#get('evaluations');
  }

  history(cursor: string | undefined): Promise<CurvePoints> {
    return this.#get(cursor === undefined ? 'history' : `history?cursor=${cursor}`);
  }

  /** @param action such as "pause" or "workers/worker-1/drain" */
  async act(action: string): Promise<void> {
    const headers: HeadersInit = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    await ask(action, { method: 'POST', headers });
  }

  async #get<Answer>(path: string): Promise<Answer> {
    return (await (await ask(path, {})).json()) as Answer;
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`api/${path}`, init);
  } catch (cause) {
    throw new ApiError('unreachable', 'the coordinator does not answer', { cause });
  }
  if (response.ok) return response;
  const code = response.status === 401 || response.status === 403 ? 'unauthorized' : 'refused';
  throw new ApiError(code, await reasonOf(response));
}

async function reasonOf(response: Response): Promise<string> {
  const answer: unknown = await response.json().catch((error: unknown) => {
    // A proxy in between answers in HTML.
    if (error instanceof SyntaxError) return undefined;
    throw new ApiError('unreachable', 'the coordinator broke off its answer', { cause: error });
  });
  const hasReason = typeof answer === 'object' && answer !== null && 'error' in answer;
  return hasReason ? String(answer.error) : `the coordinator answered ${response.status}`;
}
