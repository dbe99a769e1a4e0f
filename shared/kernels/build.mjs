// Compiles the kernels to generated/kernels.wasm; does nothing when sources and compiler are those of the last build.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const output = join(folder, 'generated', 'kernels.wasm');
const stamp = `${output}.stamp`;

const { version } = createRequire(import.meta.url)('assemblyscript/package.json');
const hash = createHash('sha256')
  .update(version)
  .update(readFileSync(fileURLToPath(import.meta.url)));
for (const name of readdirSync(folder).sort()) {
  if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(folder, name)));
}
const wanted = hash.digest('hex');

if (textOf(stamp) === wanted) process.exit(0);

mkdirSync(dirname(output), { recursive: true });
const building = `${output}.${process.pid}`;
const { main } = (await import('assemblyscript/asc')).default;
// No garbage collector and no allocator: the memory is laid out from JavaScript (src/kernels/kernel-memory.ts).
const { error } = await main(
  ['kernels.ts', '--outFile', building, '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
  {
    stderr: process.stderr,
    readFile: (name) => textOf(join(folder, name)),
    writeFile: (name, contents) => writeFileSync(name, contents),
  },
);
if (error) {
  console.error(`the kernels do not compile: ${error.message}`);
  process.exit(1);
}
renameSync(building, output);
writeFileSync(stamp, wanted);

/** The file's text, or null when there is none: the compiler probes for files in this way. */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
