// Builds images from the binaries of this machine, for continuous integration without a registry. Prints the variables
// that name them, as a shell takes them; an image that is named already is not built.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary } from './found-program.ts';
import { PROGRAMS } from './program.ts';

const run = promisify(execFile);

for (const program of Object.values(PROGRAMS)) {
  if (program.image === undefined || process.env[program.image.variable]) continue;
  const path = await findBinary(program, (status) => console.error(`${program.title}: ${status}`));
  const image = `local/${basename(path)}:stand-in`;
  await buildImage(image, path);
  console.log(`export ${program.image.variable}=${image}`);
}

/** An image of nothing but a program and the libraries that it loads. */
async function buildImage(image: string, path: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    for (const file of [path, ...(await librariesOf(path))]) {
      const target = join(context, 'root', file === path ? basename(path) : file);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(file, target);
    }
    const lines = ['FROM scratch', 'COPY root /', `ENTRYPOINT ["/${basename(path)}"]`];
    await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
    // Debian's engine comes without buildx.
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    await run('docker', ['build', '--quiet', '--tag', image, context], { env });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function librariesOf(path: string): Promise<string[]> {
  try {
    const { stdout } = await run('ldd', [path]);
    return [...stdout.matchAll(/\/\S+/g)].map(([file]) => file);
  } catch {
    // A static program: ldd says so, and fails.
    return [];
  }
}
