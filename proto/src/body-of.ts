/** What a message with a `oneof body` can say: each kind with what stands under its name. */
export type BodyOf<Message extends { readonly body?: string }> = {
  readonly [Kind in NonNullable<Message['body']> & keyof Message]: {
    readonly kind: Kind;
    readonly value: NonNullable<Message[Kind]>;
  };
}[NonNullable<Message['body']> & keyof Message];

/**
 * What a message says, to be told apart by its kind: a `switch` over it that lacks a kind does not compile.
 * @returns undefined where nothing is said that this program knows: the sender is newer, or damaged
 */
export function bodyOf<Message extends { readonly body?: string }>(
  message: Message,
): BodyOf<Message> | undefined {
  const kind = message.body as (NonNullable<Message['body']> & keyof Message) | undefined;
  const value = kind === undefined ? undefined : message[kind];
  // The loader sets `body` to the one name under which something stands.
  return value === undefined || value === null ? undefined : ({ kind, value } as BodyOf<Message>);
}
