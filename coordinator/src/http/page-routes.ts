import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { readPageFiles } from './page-files.ts';

/** The page itself, as it was built. */
export function pageRoutes(): Hono {
  const files = readPageFiles();
  const routes = new Hono();
  if (files.size === 0)
    routes.get('/', (context) => context.text('the web page is not built: run npm run build\n', 404));
  for (const [path, { bytes, type, isHashed }] of files) {
    const cacheControl = isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
    routes.get(path, etag(), (context) =>
      context.body(bytes, 200, { 'content-type': type, 'cache-control': cacheControl }),
    );
  }
  return routes;
}
