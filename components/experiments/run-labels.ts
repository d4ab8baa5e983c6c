/** Each run's name by its id; where several have one name, with the end of the id, so that they can be told apart. */
export function labelRuns(runs: readonly { id: string; name: string }[]): ReadonlyMap<string, string> {
  const isShared = (name: string) => runs.filter((run) => run.name === name).length > 1;
  return new Map(runs.map(({ id, name }) => [id, isShared(name) ? `${name} · ${id.slice(-6)}` : name]));
}
