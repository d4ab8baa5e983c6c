// From what pip would install to requirements that lead to nothing else.

const NAME = /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/;
const VERSION = /^[\w.!+-]+$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * @param {any} report of `pip install --report`
 * @returns {{ lock: string, python: string, packages: number }} the lock in pip's form, sorted, and the Python it is for
 */
export function lockOf(report) {
  const lines = report.install.map((/** @type {any} */ { metadata, download_info }) => {
    const { name, version } = metadata;
    const hash =
      download_info.archive_info?.hashes?.sha256 ??
      /^sha256=(.+)$/.exec(download_info.archive_info?.hash ?? "")?.[1];
    if (!NAME.test(name) || !VERSION.test(version) || !SHA256.test(hash))
      throw new Error(`pip names no file with a hash for ${JSON.stringify(name)}`);
    return `${name.toLowerCase()}==${version} --hash=sha256:${hash}`;
  });
  const python = report.environment.python_version;
  if (!/^3\.\d+$/.test(python)) throw new Error("pip does not say which Python it is for");
  return { lock: `${lines.toSorted().join("\n")}\n`, python, packages: lines.length };
}
