/**
 * What every error of ours derives from. An error has a class for its domain and a literal `code` for its kind; programs
 * tell errors apart by these two, people by the message. The name is that of the class.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code;

  /** @param message what was wrong, what was found and wanted, and what to do */
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
