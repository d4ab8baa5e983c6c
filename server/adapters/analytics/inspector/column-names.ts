export interface NamedColumn {
  name: string;
  /** Why the name is not the file's own. */
  remark: string | null;
}

/**
 * A name for each column, as pandas gives them: `Unnamed: 0` to the first where it has none, `a.1` to the second that is called `a`. What
 * the file names itself comes first, so that made names give way.
 */
export function columnNames(header: readonly string[]): NamedColumn[] {
  const names = header.map((given, at) => (given === "" ? `Unnamed: ${at}` : given));
  const isOwn = (at: number) => header[at] !== "";
  const places = [...names.keys()];
  const used = new Map<string, number>();
  const inUse = (name: string) => used.get(name) ?? 0;
  for (const at of [...places.filter(isOwn), ...places.filter((each) => !isOwn(each))]) {
    const wanted = names[at] ?? "";
    let name = wanted;
    let number = inUse(wanted);
    while (number > 0) {
      used.set(wanted, number + 1);
      name = `${wanted}.${number}`;
      number = names.includes(name) ? number + 1 : inUse(name);
    }
    names[at] = name;
    used.set(name, number + 1);
  }
  return names.map((name, at) => ({ name, remark: remarkOf(header[at] ?? "", name) }));
}

function remarkOf(given: string, name: string): string | null {
  if (given === "") return "The file gives this column no name; it was made from its place.";
  return given === name
    ? null
    : `The file calls an earlier column "${given}", too; this one was given a number.`;
}
