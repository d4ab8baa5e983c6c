/** Rows of a CSV text (RFC 4180: quoted fields may hold commas, quotes and line breaks), keyed by the header's names. */
export function parseCsv(text: string): Record<string, string>[] {
  const [header, ...rows] = records(text);
  if (!header) return [];
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name.trim(), row[at] ?? ""])));
}

function records(text: string): string[][] {
  const all: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") all.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === "") quoted = true;
    else if (char === ",") endField();
    else if (char === "\n") endRow();
    else if (char !== "\r") field += char;
  }
  if (field !== "" || row.length > 0) endRow();
  return all;
}
