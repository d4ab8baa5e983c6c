import type { Readable } from "./engine";
import { sniffFormat } from "./sniff";
import { readText } from "./text-file";

/** Looks at a file before the engine does; a copy in UTF-8 may be written to `scratch`. @throws TableRefused */
export async function readable(file: string, scratch: string, name: string): Promise<Readable> {
  const format = await sniffFormat(file);
  return format === "parquet" ? { format, file } : { format, text: await readText(file, scratch, name) };
}

/** The file that the engine reads. */
export const fileOf = (source: Readable) => (source.format === "csv" ? source.text.file : source.file);
