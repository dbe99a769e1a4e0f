import { z } from 'zod';
import { commandSchema } from '../operator/command.ts';
import { cloudEventSchema } from './cloud-event.ts';
import { runEventBodySchema } from './run-event.ts';

const INTRO = `# Events and commands

Everything that happens to a run is an event. An event is a line of \`events.jsonl\` in the run's folder. If the config names
a NATS server (\`events.server\`), it is also a message in JetStream. \`npx atelier events\` reads either.
[ADR 7](adr/0007-events.md) says why it is done so, and the [glossary](glossary.md) explains the words.

This page is written from the schemas in \`shared/src/events\` and \`shared/src/operator\` by \`deploy/generate.mjs\`: change it there.

## Where they go

**Subject.** \`atelier.<run>.<noun>.<past participle>\`, for example \`atelier.demo-3f2a9c04.checkpoint.saved\`. \`<run>\` is the run's
name and the first eight digits of its id.

**Stream.** If no stream takes these subjects, Atelier makes the stream \`ATELIER\` (file storage, 90 days, 5,000,000 events, ids remembered
for 10 minutes). A stream that is already there is used as it is.

**Server.** NATS 2.11 or later, with JetStream. Credentials are \`NATS_CREDS\` (a file), \`NATS_TOKEN\`, or \`NATS_USER\` and \`NATS_PASSWORD\`.

**Delivery.** Each event stands in the stream once and in order. While the server is away, slow or full, training continues and events
wait in \`events.jsonl\`. If more than \`events.maxWaiting\` wait, the oldest are not delivered. Events that still wait when a run ends
are delivered by its next life, or by \`npx atelier events deliver\`.

## The message

The message is a CloudEvents 1.0 event as JSON (\`application/cloudevents+json\`). Its \`Nats-Msg-Id\` is the \`id\`.
`;

const COMMANDS = `
## Commands

A program can steer a run by request and reply on \`atelier-command.<run>.<command>\`. The command line does the same with
\`--server URL --run NAME\`. The payload is JSON, or empty for a command without fields. The answer is one of

- \`{"ok": true, "result": ...}\` with the run's status. For \`checkpoint\`, it has the step and the path, and comes when the checkpoint is durable.
- \`{"ok": false, "code": ..., "message": ...}\`.
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
    '\n## The events\n\n`data` holds these fields. In events about a block, a gradient or a commit, `step` is the number of that step, from 0. In all\nother events, `step` is the number of committed steps.\n',
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
