/** Addresses of the registry's pages and downloads. */
export const modelHref = (name: string) => `/models/${encodeURIComponent(name)}`;
export const versionHref = (name: string, number: number) => `${modelHref(name)}/versions/${number}`;
export const versionApi = (name: string, number: number) =>
  `/api/v1/models/${encodeURIComponent(name)}/versions/${number}`;
export const fileHref = (name: string, number: number, path: string) =>
  `${versionApi(name, number)}/file?path=${encodeURIComponent(path)}`;
