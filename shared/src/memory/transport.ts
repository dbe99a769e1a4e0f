export const transports = ['memory', 'grpc'] as const;

/** The way that bytes take from one process to another. */
export type Transport = (typeof transports)[number];
