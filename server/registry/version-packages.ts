/** Of a locked requirements file, each package with what it is pinned to; comments, hashes and options of the installer say nothing about it. */
export function packagesOf(requirements: string): { name: string; version: string }[] {
  return requirements
    .replaceAll(/\\\r?\n/gu, " ")
    .split(/\r?\n/u)
    .flatMap((line) => {
      const text = line
        .replace(/(^|\s)#.*$/u, "")
        .replaceAll(/\s--\S+/gu, "")
        .trim();
      const found = /^([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*(.*)$/u.exec(text);
      if (!found) return [];
      const [, name = "", rest = ""] = found;
      return [{ name: name.toLowerCase(), version: rest.replace(/^==\s*/u, "") || "any version" }];
    });
}
