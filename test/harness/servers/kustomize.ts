import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { providedPath } from './provided-program.ts';

/**
 * The manifests that a kustomization makes, as YAML documents.
 * @throws Error with what kustomize says
 */
export async function kustomize(folder: string): Promise<string> {
  const path = providedPath('kustomize');
  const args = basename(path) === 'kubectl' ? ['kustomize', folder] : ['build', folder];
  const { stdout } = await promisify(execFile)(path, args, { maxBuffer: 2 ** 26 });
  return stdout;
}
