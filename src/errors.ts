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

/** A part of the protocol that this version knows by name but cannot run yet. */
export class NotImplementedError extends UserError {
  /** @param what The feature, as the user named it. */
  constructor(what: string) {
    super(`${what}: not implemented yet`);
    this.name = "NotImplementedError";
  }
}
