import { type Context, Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import type { Operator } from '../operator/operator.ts';
import { type RefusedCode, RefusedError } from '../refusals/refused-error.ts';
import { isSameToken } from './page-token.ts';

const NO_TOKEN = {
  error:
    'this action needs the token of the run: open the address with #token=… that atelier status prints, or send the token as a bearer token',
};
const WRONG_TOKEN = {
  error: 'the token does not belong to this run: open the address that atelier status prints',
};

/** What changes the run, for those who have its token. */
export function actionRoutes(token: string, { operator }: { readonly operator: Operator }): Hono {
  const routes = new Hono();
  routes.on(
    'POST',
    '*',
    bearerAuth({
      verifyToken: (got) => isSameToken(token, got),
      noAuthenticationHeader: { message: NO_TOKEN },
      invalidAuthenticationHeader: { message: NO_TOKEN },
      invalidToken: { message: WRONG_TOKEN },
    }),
  );
  routes.post('/pause', (context) => answer(context, () => operator.pause()));
  routes.post('/resume', (context) => answer(context, () => operator.resume()));
  routes.post('/checkpoint', (context) => answer(context, () => operator.checkpoint()));
  routes.post('/stop', (context) => answer(context, () => operator.stop({ checkpoint: true })));
  routes.post('/workers/:name/drain', (context) =>
    answer(context, () => operator.drain(context.req.param('name'))),
  );
  return routes;
}

async function answer(context: Context, act: () => object | Promise<object>): Promise<Response> {
  try {
    return context.json(await act());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return context.json({ error: message }, error instanceof RefusedError ? statusOf(error.code) : 500);
  }
}

function statusOf(code: RefusedCode): 404 | 409 | 503 {
  if (code === 'unknown-worker') return 404;
  return code === 'stopping' ? 503 : 409;
}
