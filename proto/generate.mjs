#!/usr/bin/env node
// Writes the TypeScript types of the messages to src/generated. The flags come from loader-options.json, the very
// object that src/loader.ts loads the messages with, so that the types say what really arrives.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const generated = join(root, 'src', 'generated');
const stamp = join(generated, '.stamp');
const protoFiles = readdirSync(join(root, 'atelier', 'v1'))
  .sort()
  .map((file) => `atelier/v1/${file}`);

const inputs = [...protoFiles, 'loader-options.json', 'generate.mjs', 'package.json'];
const digest = inputs
  .reduce((hash, file) => hash.update(readFileSync(join(root, file))), createHash('sha256'))
  .digest('hex');

if (readStamp() !== digest) {
  rmSync(generated, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [
      createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js'),
      ...Object.entries(JSON.parse(readFileSync(join(root, 'loader-options.json'), 'utf8'))).map(
        ([flag, value]) => `--${flag}=${value}`,
      ),
      '--grpcLib=@grpc/grpc-js',
      '--importFileExtension=.ts',
      // What is received has every field; what is sent may leave some out.
      '--outputTemplate=%s',
      '--inputTemplate=%sInput',
      '--includeComments',
      '--includeDirs=.',
      `--outDir=${generated}`,
      ...protoFiles,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  writeFileSync(stamp, digest);
}

function readStamp() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
