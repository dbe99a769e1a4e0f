import { flatLayoutOf } from '@atelier/shared/layout/flat-layout';
import type { RunSnapshot } from '@atelier/shared/layout/group-state';
import type { ModelDescription } from '../model/model-description.ts';
import { ModelError } from '../model/model-error.ts';

/** That a checkpoint has the parameters that the model paints with. @throws ModelError inconsistent */
export function checkFit({ name, groups, generate }: ModelDescription, snapshot: RunSnapshot): void {
  for (const { name: group, tensors } of groups.filter((candidate) =>
    generate.uses.includes(candidate.name),
  )) {
    const found = snapshot.groups[group]?.parameters.length ?? 0;
    const wanted = flatLayoutOf(tensors).size;
    if (found !== wanted) {
      throw new ModelError(
        'inconsistent',
        `the checkpoint's ${group} has ${found} parameters and that of model '${name}' ${wanted}: it comes from another version of the model: use that version`,
      );
    }
  }
}
