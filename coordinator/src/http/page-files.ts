import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm run build` puts the page: the same path from src/ and from dist/. */
const FOLDER = fileURLToPath(new URL('../../dist/page', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
}

/**
 * The page's few files by their paths ("/", "/assets/index-4f2a.js"), read once: what is not among them cannot be
 * asked for. Empty where the page was not built.
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  if (!existsSync(FOLDER)) return new Map();
  const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return new Map(
    files.map(({ name, parentPath }) => {
      const path = join(parentPath, name).slice(FOLDER.length).replaceAll('\\', '/');
      const file = {
        bytes: Uint8Array.from(readFileSync(join(parentPath, name))),
        type: TYPES[extname(name)] ?? 'application/octet-stream',
        isHashed: path.startsWith('/assets/'),
      };
      return [path === '/index.html' ? '/' : path, file];
    }),
  );
}
