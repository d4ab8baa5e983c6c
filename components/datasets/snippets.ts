import type { Snippet } from "@/components/common/copy-snippet";
import { fileUrl, manifestCommand } from "@/server/datasets/rules";

const TOKEN_HINT = "# an API token from Settings, API tokens (scope read)";

/** How to load a version: real host, id and file name; the token comes from the environment. */
export function loadSnippets(
  origin: string,
  version: { id: string; format: string; files: readonly { path: string }[]; contentDigest: string },
): Snippet[] {
  const [file] = version.files;
  if (!file) return [];
  const url = fileUrl(origin, version.id, file.path);
  const reader = version.format === "parquet" ? "read_parquet" : "read_csv";
  return [
    {
      label: "Python",
      language: "python",
      code: `import os
import pandas as pd

${TOKEN_HINT}
# export MODELWORKS_TOKEN=mw_...
headers = {"Authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"}
frame = pd.${reader}("${url}", storage_options=headers)
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
