/** How Prometheus and Alertmanager name a set of labels, so that an alert of ours is the same alert to them. */

const PRIME = 1_099_511_628_211n;
const OFFSET = 14_695_981_039_346_656_037n;
const MASK = (1n << 64n) - 1n;
const SEPARATOR = 0xff;

export type Labels = Readonly<Record<string, string>>;

/** Names in the order of their bytes, as Go sorts them. */
const sortedNames = (labels: Labels) =>
  Object.keys(labels).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** FNV-1a over names and values in order, each with a separator behind it: `model.LabelSet.Fingerprint` of Prometheus. */
export function fingerprintOf(labels: Labels): string {
  let hash = OFFSET;
  const add = (byte: number) => {
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const name of sortedNames(labels)) {
    for (const text of [name, labels[name] ?? ""]) {
      for (const byte of Buffer.from(text, "utf8")) add(byte);
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, "0");
}

/** Labels as Alertmanager writes them in a group's key: `{a="1", b="2"}`, in order, quoted like Go's `%q`. */
export function labelText(labels: Labels): string {
  const quoted = (text: string) =>
    `"${text.replaceAll(/["\\\n\t\r]/g, (each) => ({ '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" })[each] ?? each)}"`;
  return `{${sortedNames(labels)
    .map((name) => `${name}=${quoted(labels[name] ?? "")}`)
    .join(", ")}}`;
}

/** The order in which Alertmanager lists the alerts of a group: fewer labels first, then by the first name or value that differs. */
export function labelsBefore(a: Labels, b: Labels): number {
  const [mine, theirs] = [sortedNames(a), sortedNames(b)];
  if (mine.length !== theirs.length) return mine.length - theirs.length;
  for (const name of sortedNames({ ...a, ...b })) {
    const [left, right] = [a[name], b[name]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = Buffer.compare(Buffer.from(left), Buffer.from(right));
    if (order !== 0) return order;
  }
  return 0;
}
