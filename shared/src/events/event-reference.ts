import { z } from 'zod';
import { commandSchema } from '../operator/command.ts';
import { cloudEventSchema } from './cloud-event.ts';
import { runEventBodySchema } from './run-event.ts';

const INTRO = `# Events and commands

Written from the schemas in \`shared/src/events\` and \`shared/src/operator\` by \`deploy/generate.mjs\`: change it there.

Everything that happens to a run is an event: a line of \`events.jsonl\` in the run's folder and, where the config names
a NATS server (\`events.server\`), a message in JetStream. \`npx atelier events\` reads either. Why it is done so:
[ADR 7](adr/0007-events.md).

## Where they go

Subject: \`atelier.<run>.<noun>.<past participle>\`, as in \`atelier.demo-3f2a9c04.checkpoint.saved\`. \`<run>\` is the run's
name and the first eight digits of its id. The stream \`ATELIER\` (file storage, 90 days, 5,000,000 events, ids remembered
for 10 minutes) is made where no stream takes these subjects; one that is there is used as it is. NATS 2.11 or later,
with JetStream. Credentials: \`NATS_CREDS\` (a file), \`NATS_TOKEN\`, or \`NATS_USER\` and \`NATS_PASSWORD\`.

Each event stands in the stream once and in order. While the server is away, slow or full, training goes on and events
wait in \`events.jsonl\`; beyond \`events.maxWaiting\` the oldest are not delivered. What is left after a run's end, its next
life or \`npx atelier events deliver\` delivers.

## The message

CloudEvents 1.0 as JSON (\`application/cloudevents+json\`); \`Nats-Msg-Id\` is the \`id\`.
`;

const COMMANDS = `
## Commands

By request and reply on \`atelier-command.<run>.<command>\`, as the command line does with \`--server URL --run NAME\`. The
payload is JSON, or nothing where nothing is asked for. The answer is \`{"ok": true, "result": ...}\` (the run's status; for
\`checkpoint\` its step and path, once it is durable), or \`{"ok": false, "code": ..., "message": ...}\`.
`;

/** docs/events.md: what others may build on. */
export function eventReference(): string {
  const [envelope] = shapesOf(cloudEventSchema);
  return [
    INTRO,
    table(
      ['field', 'what it is'],
      Object.entries(envelope?.properties ?? {}).map(([name, field]) => [code(name), wordsFor(field)]),
    ),
    '\n## The events\n\n`data` holds these fields. A `step` is the number of committed steps; of a block, a gradient or a commit, the number of\nthat step, from 0.\n',
    table(
      ['type', 'data'],
      shapesOf(runEventBodySchema).map((shape) => rowOf(shape, 'type')),
    ),
    COMMANDS,
    table(
      ['command', 'payload'],
      shapesOf(commandSchema).map((shape) => rowOf(shape, 'command')),
    ),
  ].join('\n');
}

type Field = Readonly<Record<string, unknown>>;

interface Shape {
  readonly properties: Readonly<Record<string, Field>>;
}

function shapesOf(schema: z.ZodType): Shape[] {
  const json = z.toJSONSchema(schema, { io: 'input' });
  return (json.oneOf ?? json.anyOf ?? [json]) as unknown as Shape[];
}

/** The constant that tells the shape from others, and its other fields. */
function rowOf({ properties }: Shape, key: string): string[] {
  const { [key]: name, ...fields } = properties;
  const words = Object.entries(fields).map(([field, schema]) => `${code(field)} ${wordsFor(schema)}`);
  return [code(String(name?.['const'])), words.join('<br>')];
}

function wordsFor({ const: constant, type, description }: Field): string {
  if (constant !== undefined) return code(JSON.stringify(constant));
  return typeof description === 'string' ? `${String(type)}: ${description}` : String(type);
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
