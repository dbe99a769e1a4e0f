// @ts-check
// Started by guard.ts. Hears by lines of JSON what to watch over; at their end, its starter is gone and so goes the rest.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** @type {Set<number>} */
const groups = new Set();
/** @type {Set<string>} */
const containers = new Set();
/** @type {Set<string>} */
const folders = new Set();

for await (const line of createInterface({ input: process.stdin })) {
  const { group, endedGroup, container, endedContainer, folder, endedFolder } = JSON.parse(line);
  if (group) groups.add(group);
  if (container) containers.add(container);
  if (folder) folders.add(folder);
  groups.delete(endedGroup);
  containers.delete(endedContainer);
  folders.delete(endedFolder);
}

for (const group of groups) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}
if (containers.size > 0) {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container: engine } = await getContainerRuntimeClient();
  for (const id of containers) {
    // Somebody else may have removed it.
    await engine
      .getById(id)
      .remove({ force: true, v: true })
      .catch(() => undefined);
  }
}
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
