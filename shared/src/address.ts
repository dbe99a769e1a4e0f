/** The host and the port of "host:port"; an IPv6 host stands in brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: withoutBrackets(address.slice(0, at)), port: Number(address.slice(at + 1)) };
}

/** @param port undefined: the address keeps its own */
export function withPort(address: string, port: number | undefined): string {
  return port === undefined ? address : `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}

export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
