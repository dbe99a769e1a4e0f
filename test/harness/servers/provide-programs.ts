import { Steps } from '@atelier/cli/setup/steps';
import type { TestProject } from 'vitest/node';
import { findProgram } from './found-program.ts';
import { neededPrograms } from './needed-programs.ts';
import { PROGRAMS, type ProgramName } from './program.ts';
import type { ProvidedProgram } from './provided-program.ts';

/** Run by vitest once, before the first test, so that no test's time-out meets a download; says what was found. */
export default async function providePrograms(project: TestProject): Promise<void> {
  const steps = new Steps();
  const programs: Partial<Record<ProgramName, ProvidedProgram>> = {};
  for (const name of await neededPrograms(project.vitest.state.getPaths())) {
    const note = (program: ProvidedProgram) => {
      programs[name] = program;
    };
    await steps
      .run(PROGRAMS[name].title, async (report) => {
        const found = await findProgram(name, report);
        note(found);
        return found.description;
      })
      // Told by the tests that need it: the others run.
      .catch((error: unknown) =>
        note({ way: 'none', message: error instanceof Error ? error.message : String(error) }),
      );
  }
  project.provide('programs', programs);
}
