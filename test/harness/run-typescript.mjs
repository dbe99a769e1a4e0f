// Lets a thread or process that a test starts run from source, as the test itself does: Node 20 cannot strip types.
// vitest.config.ts hands it to every test process, and a thread inherits its process's flags.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
