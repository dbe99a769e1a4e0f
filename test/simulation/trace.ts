/** Takes lines that are only made where somebody reads them. */
export type Trace = (line: () => string) => void;
