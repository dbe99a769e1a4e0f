import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { isEnding } from '../life/life-state.ts';
import { actionRoutes } from './action-routes.ts';
import { namesLoopback } from './loopback.ts';
import { pageRoutes } from './page-routes.ts';
import { type RunRoutesModules, runRoutes } from './run-routes.ts';

export interface AppOptions {
  /** Whether nobody on another machine can ask. */
  readonly onlyLoopback: boolean;
  readonly token: string;
}

export interface AppModules extends RunRoutesModules {
  readonly registry: Registry;
  readonly log: Logger;
}

/** The page needs nothing from elsewhere, and nobody else's page may hold it in a frame. */
const SECURE_HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // It is served without TLS; a proxy that adds it decides about this, too.
  strictTransportSecurity: false,
};

/** All that the coordinator answers over HTTP. */
export function createApp({ onlyLoopback, token }: AppOptions, modules: AppModules): Hono {
  const { run, registry, log } = modules;
  const app = new Hono();
  app.use(async (context, next) => {
    if (!onlyLoopback || namesLoopback(context.req.header('host'))) return next();
    return context.text(
      'this server answers only to localhost and 127.0.0.1: open it under one of these names\n',
      421,
    );
  });
  app.use(secureHeaders(SECURE_HEADERS));
  app.use(compress());
  app.get('/healthz', (context) => context.text('alive\n'));
  app.get('/readyz', (context) => {
    return !isEnding(run.lifeState)
      ? context.text('ready\n')
      : context.text('the run has ended and takes no new requests\n', 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  app.route('/api', runRoutes(modules));
  app.route('/api', actionRoutes(token, modules));
  app.route('/', pageRoutes());
  app.notFound((context) => context.json({ error: 'there is no page at this address' }, 404));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    log.error({ err: error, path: context.req.path }, 'request failed');
    return context.json({ error: `the request failed: ${error.message}` }, 500);
  });
  return app;
}
