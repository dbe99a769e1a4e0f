// Run as a process of its own, to be killed: starts a server that does nothing and prints the server's folder.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guard } from './guard.ts';
import { ServerProcess } from './server-process.ts';

const folder = await mkdtemp(join(tmpdir(), 'guarded-'));
guard({ folder });
const args = ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'];
await new ServerProcess(
  { path: process.execPath, description: 'a server' },
  { folder, args, env: {} },
).start();
console.log(folder);
