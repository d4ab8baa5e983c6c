import { TableRefused } from "../port";

/** Ends the inspection with an error that says where, what and what to do. */
export function refuse(
  code: string,
  message: string,
  hint: string,
  at: { line?: number; column?: number } = {},
): never {
  const where =
    at.line === undefined ? "" : `Line ${at.line}${at.column === undefined ? "" : `, column ${at.column}`}: `;
  throw new TableRefused({ code, message: `${where}${message}`, hint, ...at });
}
