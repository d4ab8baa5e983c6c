import { open } from "node:fs/promises";
import type { TableFormat } from "../schemas";
import { refuse } from "./refuse";

const PARQUET = "PAR1";
const OTHERS: readonly { magic: readonly number[]; name: string; hint: string }[] = [
  { magic: [0x1f, 0x8b], name: "a gzip archive", hint: "Unpack it and upload the file inside." },
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    name: "a zip archive or an Excel workbook",
    hint: "Save the sheet as CSV, or unpack the archive.",
  },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    name: "a Zstandard archive",
    hint: "Unpack it and upload the file inside.",
  },
  { magic: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], name: "an Arrow file", hint: "Write it as Parquet." },
  { magic: [0x4f, 0x62, 0x6a, 0x01], name: "an Avro file", hint: "Write it as Parquet." },
  {
    magic: [0x25, 0x50, 0x44, 0x46],
    name: "a PDF document",
    hint: "Upload the table itself as CSV or Parquet.",
  },
];

/** The first bytes of a file, fewer where it is shorter. */
export async function firstBytes(file: string, count: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const head = Buffer.alloc(count);
    const { bytesRead } = await handle.read(head, 0, count, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Tells the format from the bytes, never from the name. */
export async function sniffFormat(file: string): Promise<TableFormat> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    if (size === 0)
      refuse("empty_file", "The file is empty.", "Upload a CSV file with a header line, or a Parquet file.");
    const head = Buffer.alloc(8);
    await handle.read(head, 0, 8, 0);
    const tail = Buffer.alloc(8);
    await handle.read(tail, 0, 8, Math.max(0, size - 8));
    if (head.toString("latin1", 0, 4) === PARQUET) {
      if (size < 12 || tail.toString("latin1", 4, 8) !== PARQUET) {
        refuse(
          "truncated_parquet",
          "The Parquet file is cut off: it begins as Parquet but its closing mark is missing.",
          "Upload the whole file again.",
        );
      }
      const footerBytes = tail.readUInt32LE(0);
      if (footerBytes + 12 > size) {
        refuse(
          "truncated_parquet",
          "The Parquet file's footer is larger than the file.",
          "Write the file again.",
        );
      }
      return "parquet";
    }
    const other = OTHERS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
    if (other) refuse("unknown_format", `This is ${other.name}, not CSV or Parquet.`, other.hint);
    return "csv";
  } finally {
    await handle.close();
  }
}
