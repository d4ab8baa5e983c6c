import { describe, expect, it } from "vitest";
import type { Actor, TokenScope } from "@/server/core/actor";
import { can, PERMISSIONS, type Permission } from "@/server/core/authz/permissions";

const names = (Object.keys(PERMISSIONS) as Permission[]).toSorted();
const base: Actor = {
  kind: "user",
  userId: "u",
  name: "U",
  teamId: "t",
  teamSlug: "t",
  role: undefined,
  isPlatformAdmin: false,
};
const token = (scope: TokenScope): Actor => ({
  ...base,
  kind: "token",
  role: "admin",
  isPlatformAdmin: true,
  scopes: [scope],
});

const WHO: Record<string, Actor | undefined> = {
  anonymous: undefined,
  "no team": base,
  viewer: { ...base, role: "viewer" },
  member: { ...base, role: "member" },
  reviewer: { ...base, role: "reviewer" },
  admin: { ...base, role: "admin" },
  platform: { ...base, isPlatformAdmin: true },
  "token:read": token("read"),
  "token:track": token("track"),
  "token:infer": token("infer"),
  "token:write": token("write"),
  "token:review": token("review"),
  "token:admin": token("admin"),
};

describe("the permission table", () => {
  it("gives each kind of actor exactly what is written down here", () => {
    const table = names.map((name) => {
      const allowed = Object.entries(WHO).flatMap(([who, actor]) => (can(actor, name).allowed ? [who] : []));
      return `${name}: ${allowed.join(", ")}`;
    });
    expect(table).toMatchSnapshot();
  });

  it("lets only a token that says so by name decide, and none make tokens", () => {
    const others = ["read", "write", "track", "infer", "admin"] as const;
    for (const name of ["governance.review.decide", "compute.quota.decide"] as const) {
      for (const scope of others) expect(can(token(scope), name).allowed).toBe(false);
      expect(can(token("review"), name).allowed).toBe(true);
    }
    for (const scope of [...others, "review"] as const) {
      expect(can(token(scope), "identity.token.create").allowed).toBe(false);
    }
  });

  it("lets a review token decide and read, and nothing else", () => {
    const beyond = names.filter(
      (name) => can(token("review"), name).allowed && !can(token("read"), name).allowed,
    );
    expect(beyond).toEqual(["compute.quota.decide", "governance.review.comment", "governance.review.decide"]);
  });
});
