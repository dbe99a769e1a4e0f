/** Sent in Hello; a worker or reducer of another version is refused. */
export const PROTOCOL_VERSION = 5;
