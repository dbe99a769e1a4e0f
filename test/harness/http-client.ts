export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Asks a coordinator as a page does. */
export class HttpClient {
  readonly #http: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param http host:port */
  constructor(http: string, token?: string) {
    this.#http = http;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  get(path: string): Promise<Response> {
    return fetch(`http://${this.#http}${path}`, { headers: this.#headers });
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text();
  }

  async json<Answer = unknown>(path: string): Promise<Answer> {
    return (await (await this.get(path)).json()) as Answer;
  }

  post(action: string): Promise<Response> {
    return fetch(`http://${this.#http}/api/${action}`, { method: 'POST', headers: this.#headers });
  }

  async answerTo(action: string): Promise<unknown> {
    return (await this.post(action)).json();
  }

  /** @param lastEventId of one who comes again */
  stream(lastEventId?: string): EventStream {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return new EventStream(`http://${this.#http}/api/stream`, headers);
  }
}

/** Server-sent events as they come. */
class EventStream implements Disposable {
  readonly #abort = new AbortController();
  readonly #messages: AsyncGenerator<StreamMessage>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#messages = messagesOf(fetch(url, { headers, signal: this.#abort.signal }));
  }

  /** The data of the next `event` messages. */
  async nextEvents(count: number): Promise<unknown[]> {
    const events: unknown[] = [];
    while (events.length < count) {
      const { value, done } = await this.#messages.next();
      if (done) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      if (value.event === 'event') events.push(value.data);
    }
    return events;
  }

  async untilEnd(): Promise<StreamMessage[]> {
    const messages: StreamMessage[] = [];
    for await (const message of this.#messages) messages.push(message);
    return messages;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}

async function* messagesOf(answer: Promise<Response>): AsyncGenerator<StreamMessage> {
  const { body } = await answer;
  if (body === null) return;
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = `${text}${chunk}`.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const data = fields.get('data');
      if (data !== undefined)
        yield { event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(data) };
    }
  }
}
