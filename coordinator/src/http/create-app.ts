import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Run } from '../run/run.ts';
import { namesLoopback } from './loopback.ts';

export interface AppModules {
  readonly run: Run;
  readonly registry: Registry;
  readonly log: Logger;
}

/** All that is answered over HTTP. @param onlyLoopback whether requests from other machines cannot come */
export function createApp(onlyLoopback: boolean, { run, registry, log }: AppModules): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    if (!onlyLoopback || namesLoopback(context.req.header('host'))) return next();
    return context.text('ask for this machine by localhost or 127.0.0.1\n', 421);
  });
  // A page of our own needs nothing from elsewhere, and nobody else's may hold it in a frame.
  app.use(
    secureHeaders({
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
      referrerPolicy: 'no-referrer',
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
    }),
  );
  app.get('/healthz', (context) => context.text('alive\n'));
  app.get('/readyz', (context) => {
    const isOpen = run.outcome === undefined && !run.isStopping;
    return isOpen ? context.text('ready\n') : context.text('the run takes nothing new any more\n', 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  app.notFound((context) => context.json({ error: 'there is nothing here' }, 404));
  app.onError((error, context) => {
    log.error({ err: error, path: context.req.path }, 'request failed');
    return context.json({ error: 'this failed: see the log of the coordinator' }, 500);
  });
  return app;
}
