// From what pip would install to requirements that lead to nothing else.

const NAME = /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/;
const VERSION = /^[\w.!+-]+$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * @param {any} report of `pip install --report`
 * @returns {{ lock: string }} in pip's form, sorted
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
  return { lock: `${lines.toSorted().join("\n")}\n` };
}
