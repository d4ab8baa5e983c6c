/** Addresses of the registry's downloads. */
export const versionApi = (name: string, number: number) =>
  `/api/v1/models/${encodeURIComponent(name)}/versions/${number}`;
export const fileHref = (name: string, number: number, path: string) =>
  `${versionApi(name, number)}/file?path=${encodeURIComponent(path)}`;
