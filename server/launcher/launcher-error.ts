/** A start-up failure that a person can fix: `message` says what is wrong, `hint` what to do next. */
export class LauncherError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LauncherError";
    this.hint = hint;
  }
}
