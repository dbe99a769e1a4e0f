import { inject } from 'vitest';
import type { FoundProgram } from './found-program.ts';
import type { ProgramName } from './program.ts';

/** What was found before the first test, or why nothing was. */
export type ProvidedProgram = FoundProgram | { readonly way: 'none'; readonly message: string };

declare module 'vitest' {
  interface ProvidedContext {
    programs: Readonly<Partial<Record<ProgramName, ProvidedProgram>>>;
  }
}

/** @throws Error saying what to install, where nothing was found: a test that needs it fails and is not skipped */
export function providedProgram(name: ProgramName): FoundProgram {
  const program = inject('programs')[name];
  if (program === undefined) throw new Error(`no import of this test file leads to what starts ${name}`);
  if (program.way === 'none') throw new Error(program.message);
  return program;
}

/** For what runs as a process of this machine in any case. */
export function providedPath(name: 'promtool' | 'chromium' | 'kustomize'): string {
  const program = providedProgram(name);
  if (program.way !== 'binary') throw new Error(`${name} has no container image`);
  return program.path;
}
