import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configJsonSchema } from './config-schema.ts';

it('config-schema.json is what `atelier config schema` prints', () => {
  const kept = readFileSync(new URL('../../config-schema.json', import.meta.url), 'utf8');
  expect(kept).toBe(configJsonSchema());
});
