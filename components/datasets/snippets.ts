import type { Snippet } from "@/components/common/copy-snippet";
import { fileUrl, manifestCommand } from "@/server/datasets/rules";
import type { Version } from "./types";

const TOKEN_HINT = "# an API token from Settings, API tokens (scope read)";

type Text = NonNullable<Version["text"]>;
export type LoadedVersion = Pick<Version, "id" | "format" | "files" | "text"> & {
  columns: readonly Pick<Version["columns"][number], "name" | "type" | "engineType" | "nullable">[];
  profile: readonly Pick<Version["profile"][number], "nonFinite">[];
};

/** Beyond this the options would be longer than the rest of the script. */
const MOST_NAMED = 200;
const TIMES = new Set(["date", "timestamp", "timestamptz", "timestamp_ns"]);

const literal = (text: string) => JSON.stringify(text);

/** The type by which pandas keeps a column as the profile has it; null where its own choice does. */
function dtypeOf({ type, engineType, nullable }: LoadedVersion["columns"][number]): string | null {
  if (TIMES.has(type) || type === "float") return null;
  if (type === "integer" && engineType !== "HUGEINT") return nullable ? '"Int64"' : null;
  if (type === "boolean") return nullable ? '"boolean"' : null;
  return "str";
}

/** Python's dict of what differs from column to column. */
const dict = (entries: readonly (readonly [string, string])[]) =>
  `{${entries.map(([name, value]) => `${literal(name)}: ${value}`).join(", ")}}`;

/** What pandas must be told to read a CSV file as the profile did: nothing guessed, text left as text, only an empty value missing. */
export function readOptions({
  columns,
  profile,
  text,
}: Omit<LoadedVersion, "id" | "format" | "files">): string {
  const { delimiter, encoding, headerLine }: Text = text ?? {
    delimiter: ",",
    encoding: "utf-8",
    headerLine: 1,
  };
  const isNamed = columns.length <= MOST_NAMED;
  const types = columns.flatMap((column) => {
    const dtype = dtypeOf(column);
    return dtype ? [[column.name, dtype] as const] : [];
  });
  const dates = columns.filter(({ type }) => TIMES.has(type)).map(({ name }) => literal(name));
  const isMissing = (at: number) => ((profile[at]?.nonFinite ?? 0) > 0 ? '["", "NaN", "nan"]' : '[""]');
  const hasNaN = profile.some(({ nonFinite }) => nonFinite > 0);
  const own = new Set(columns.map(({ name }) => name));
  // What pandas is told of "a" it would apply to the other columns that the file calls "a", too.
  const isRepeated = columns.some(({ name }) => own.has(name.replace(/\.\d+$/, "")) && /\.\d+$/.test(name));
  const isRenamed = isRepeated && isNamed;
  const skipped = headerLine - 1 + (isRenamed ? 1 : 0);
  return [
    ...(skipped > 0 ? [`skiprows=${skipped}`] : []),
    ...(isRenamed ? ["header=None", `names=[${columns.map(({ name }) => literal(name)).join(", ")}]`] : []),
    ...(delimiter === "," ? [] : [`sep=${literal(delimiter)}`]),
    ...(encoding === "utf-8" ? [] : [`encoding=${literal(encoding)}`]),
    ...(types.length > 0 && isNamed ? [`dtype=${dict(types)}`] : []),
    ...(dates.length > 0 && isNamed ? [`parse_dates=[${dates.join(", ")}]`, `date_format="ISO8601"`] : []),
    "keep_default_na=False",
    hasNaN && isNamed
      ? `na_values=${dict(columns.map(({ name }, at) => [name, isMissing(at)] as const))}`
      : 'na_values=[""]',
  ].join(", ");
}

/** How to load a version: real host, id and file name; the token comes from the environment. */
export function loadSnippets(origin: string, version: LoadedVersion): Snippet[] {
  const [file] = version.files;
  if (!file) return [];
  const url = fileUrl(origin, version.id, file.path);
  const isText = version.format === "csv";
  const reader = isText ? "read_csv" : "read_parquet";
  const options = isText ? `, ${readOptions(version)}` : "";
  return [
    {
      label: "Python",
      language: "python",
      code: `import os
import pandas as pd

${TOKEN_HINT}
# export MODELWORKS_TOKEN=mw_...
headers = {"Authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"}
frame = pd.${reader}("${url}", storage_options=headers${options})
print(frame.shape)`,
    },
    {
      label: "curl",
      language: "bash",
      code: `${TOKEN_HINT}
# export MODELWORKS_TOKEN=mw_...
curl --fail --oauth2-bearer "$MODELWORKS_TOKEN" \\
  --output '${file.path}' \\
  '${url}'`,
    },
    {
      label: "Verify",
      language: "bash",
      code: `# in the folder with the downloaded file; prints the manifest digest
${manifestCommand(version.files.map((each) => each.path))}`,
    },
  ];
}

/** How to upload from a script. */
export function uploadSnippets(origin: string, slug: string): Snippet[] {
  return [
    {
      label: "curl",
      language: "bash",
      code: `# an API token from Settings, API tokens (scope write)
# export MODELWORKS_TOKEN=mw_...
curl --fail --oauth2-bearer "$MODELWORKS_TOKEN" \\
  --upload-file data.csv \\
  '${origin}/api/v1/datasets/${slug}/uploads/data.csv?create=true'
# then poll the "id" it answers
curl --oauth2-bearer "$MODELWORKS_TOKEN" ${origin}/api/v1/uploads/<id>`,
    },
    {
      label: "Python",
      language: "python",
      code: `import os, requests

# an API token from Settings, API tokens (scope write)
headers = {"Authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"}
with open("data.csv", "rb") as file:
    answer = requests.put(
        "${origin}/api/v1/datasets/${slug}/uploads/data.csv",
        params={"create": "true"}, data=file, headers=headers,
    )
print(answer.json()["id"], answer.json()["state"])`,
    },
  ];
}
