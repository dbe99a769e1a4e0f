#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('atelier: not built yet: run npm run setup\n');
  process.exit(1);
}
const { run } = await import(main.href);
const code = await run(process.argv.slice(2));
// After what was written is out: nothing that is still open may keep the process.
process.stdout.write('', () => process.exit(code));
