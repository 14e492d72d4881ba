/**
 * An error that the user can cause and mend: one line that says what is wrong, where, and what to
 * do. The command line prints the message without a stack trace and exits with code 2.
 */
export class UserError extends Error {
  /** @param message One line, no trailing full stop needed. @param options Standard `cause`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UserError";
  }
}

/** A file of the program's own was changed, cut or removed by others: it is of no use any more. */
export class DamagedError extends UserError {
  /** @param message One line that names the file. @param options Standard `cause`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DamagedError";
  }
}
