/** From open to closed; governance reads it as evidence. */
export const CLASSIFICATIONS = ["public", "internal", "confidential", "restricted"] as const;
export type Classification = (typeof CLASSIFICATIONS)[number];

export const DATASET_SORTS = ["name", "updatedAt", "createdAt"] as const;

/** A slug made of a name: lower case, hyphens, no accents. */
export function slugOf(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}

/** States of an upload: bytes arrive, then the worker reads them and registers a version, or says why not. */
export const UPLOAD_STATES = ["receiving", "received", "inspecting", "registered", "failed"] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

const quoted = (name: string) => `'${name.replaceAll("'", `'\\''`)}'`;

/** A shell line that recomputes the manifest digest of downloaded files with coreutils alone. */
export function manifestCommand(paths: readonly string[]): string {
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return `sha256sum ${quoted(only)} | sha256sum`;
  const sorted = paths.toSorted((a, b) => (a < b ? -1 : 1)).map(quoted);
  return `sha256sum ${sorted.join(" ")} | sha256sum`;
}

/** Address of a file of a version under the portal. */
export const fileUrl = (portalUrl: string, versionId: string, path: string): string =>
  `${portalUrl}/api/v1/dataset-versions/${versionId}/files/${encodeURIComponent(path)}`;
