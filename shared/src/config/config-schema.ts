import { z } from 'zod';
import { runConfigSchema } from './run-config.ts';

/**
 * The JSON schema of a config file, for editors; kept beside this package as config-schema.json. Config files begin
 * with `# yaml-language-server: $schema=...` to be completed and checked while they are written.
 */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(runConfigSchema, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ title: 'Atelier run', ...schema }, null, 2)}\n`;
}
