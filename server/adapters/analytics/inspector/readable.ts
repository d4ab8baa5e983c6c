import type { Readable } from "./engine";
import { sniffFormat } from "./sniff";
import { refuse } from "./refuse";
import { readText } from "./text-file";

/** Looks at a file before the engine does; a copy may be written to `scratch`, called after `name`. @throws TableRefused */
export async function readable(
  file: string,
  { scratch, name, headerLine = 1 }: { scratch: string; name: string; headerLine?: number | undefined },
): Promise<Readable> {
  const format = await sniffFormat(file);
  if (format === "csv") return { format, text: await readText(file, { scratch, name, headerLine }) };
  if (headerLine > 1)
    refuse("no_lines", "A Parquet file has no lines.", "Read it without naming a line of its header.");
  return { format, file };
}

/** The file that the engine reads. */
export const fileOf = (source: Readable) => (source.format === "csv" ? source.text.file : source.file);
