/** Sent in Hello; a worker of another version is refused. */
export const PROTOCOL_VERSION = 2;
