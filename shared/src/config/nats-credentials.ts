/** Who one is to a NATS server: a user, a token, or the path of a .creds file. */
export type NatsCredentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  | { readonly credsPath: string };

/** From NATS_CREDS, NATS_TOKEN, or NATS_USER and NATS_PASSWORD; `undefined` where none is set. */
export function natsCredentialsOf(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): NatsCredentials | undefined {
  const {
    NATS_CREDS: credsPath,
    NATS_TOKEN: token,
    NATS_USER: user,
    NATS_PASSWORD: password = '',
  } = environment;
  if (credsPath) return { credsPath };
  if (token) return { token };
  return user ? { user, password } : undefined;
}
