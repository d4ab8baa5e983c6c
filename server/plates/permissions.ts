import * as tables from "./permission-tables";
import type { Rule, Rules } from "./rule";

type KeysOfEach<T> = T extends unknown ? keyof T : never;
export type Permission = KeysOfEach<(typeof tables)[keyof typeof tables]>;

const all: readonly Rules[] = Object.values(tables);

/** One table for every door: permission → who may, as the rooms say it. */
export const PERMISSIONS = Object.assign({}, ...all) as Readonly<Record<Permission, Rule>>;
