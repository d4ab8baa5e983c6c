import * as rooms from "./rooms";
import type { Rule, Rules } from "./rule";

type KeysOfEach<T> = T extends unknown ? keyof T : never;
export type Permission = KeysOfEach<(typeof rooms)[keyof typeof rooms]["permissions"]>;

/** One table for every door: permission → who may, as the rooms say it. */
export const PERMISSIONS = Object.assign(
  {},
  ...Object.values(rooms).map((room): Rules => room.permissions),
) as Readonly<Record<Permission, Rule>>;
