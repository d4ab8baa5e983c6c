import fs from "node:fs";

const listed = fs.readFileSync(new URL("../server/plates/rooms.ts", import.meta.url), "utf8");
/** The rooms' floors from below, as `server/plates/rooms.ts` lists them. */
const floors = listed
  .split(/^\/\/ Floor .*$/m)
  .slice(1)
  .map((floor) => [...floor.matchAll(/from "@\/server\/([a-z-]+)\/kinds"/g)].map((match) => match[1]));
/** The demo uses all rooms and is none: it stands on the top floor. */
const TIERS = floors.map((floor, level) => (level === floors.length - 1 ? [...floor, "demo"] : floor));
const DOMAINS = TIERS.flat().join("|");

/** Every folder of the server is a room with a floor, or one of these: a new one is named before anything may stand in it. */
export const SERVER_FOLDERS = [
  ...TIERS.flat(),
  "adapters",
  "auth",
  "backup",
  "core",
  "durable",
  "house",
  "http",
  "kit",
  "launcher",
  "plates",
  "worker",
];

const upward = TIERS.slice(0, -1).map((tier, level) => ({
  name: "a lower domain speaks to a higher one by event only",
  from: `^server/(${tier.join("|")})/`,
  to: `^server/(${TIERS.slice(level + 1)
    .flat()
    .join("|")})/`,
  typesToo: true,
}));

/** A room's plate: pure files that stand below everything, also below core, wherever their folder stands. */
export const PLATES = {
  files: new RegExp(`^server/(${DOMAINS})/(permissions|events|kinds)\\.ts$`),
  folder: "server/plates",
};

/** Folders that count as one where circles are looked for: the database's client speaks to core and for it. */
export const TOGETHER = [["db/client.ts", "server/core"]];

/**
 * Who may import whom. `from` and `to` are regular expressions over paths from the repository's root; `except` lists what a rule lets
 * through, with `$1` for the first group of `from`. Type-only imports vanish at build time, so `typesToo` is off unless said.
 */
export const rules = [
  ...upward,
  {
    name: "another domain is entered through its index.ts, schemas.ts, rules.ts or kinds.ts",
    from: `^server/(${DOMAINS})/`,
    to: `^server/(${DOMAINS})/`,
    except: ["^server/$1/", "/(index|schemas|rules|kinds)\\.ts$"],
    typesToo: true,
  },
  {
    name: "a plate is pure: it knows its own room's plate and what plates are made of",
    from: `^server/(${DOMAINS})/(?:permissions|events|kinds)\\.ts$`,
    to: "^(server|db|app|components)/",
    except: ["^server/plates/", "^server/$1/(permissions|events|kinds)\\.ts$"],
    typesToo: true,
  },
  {
    name: "the assembly of plates sees plates only",
    from: "^server/plates/",
    to: "^(server|db|app|components)/",
    except: ["^server/plates/", "^server/[a-z-]+/(permissions|kinds)\\.ts$"],
    typesToo: true,
  },
  {
    name: "core knows no domain",
    from: "^server/core/",
    to: `^server/(${DOMAINS}|house|http|kit|adapters|durable|auth)/`,
    typesToo: true,
  },
  {
    name: "the kit knows no domain",
    from: "^server/kit/",
    to: `^server/(${DOMAINS}|house|http|durable|worker)/`,
    typesToo: true,
  },
  {
    name: "only the assembly imports all domains: nothing below it may import it",
    from: "^server/(?!house/)[^/]+/",
    to: "^server/house/",
    typesToo: true,
  },
  {
    name: "adapters know core alone",
    from: "^server/adapters/",
    to: "^(server/(?!adapters/|core/)|app/|components/)",
    typesToo: true,
  },
  {
    name: "the schema knows nothing of ours",
    from: "^db/schema/",
    to: "^(server|app|components)/",
    typesToo: true,
  },
  {
    name: "protocols translate: no SQL",
    from: "^server/http/(mlflow|openlineage|otlp|feast|qdrant)/",
    to: "^db/",
  },
  {
    name: "client code sees pure server code only",
    from: "^components/",
    to: "^(server|db)/",
    except: [
      "/(schemas|rules|actions|kinds)\\.ts$",
      "^server/plates/",
      "^server/core/(actor|errors|authz/permissions|canonical-json|characters|input-words|int64)\\.ts$",
    ],
  },
  {
    name: "components of one domain do not import another's; compose them in app/",
    from: "^components/([a-z-]+)/",
    to: "^components/[a-z-]+/",
    except: ["^components/$1/", "^components/(ui|kit|common|shell|data-table|chart|graph|code|form)/"],
    typesToo: true,
  },
  { name: "pages do not touch the database", from: "^app/\\(portal\\)/", to: "^db/" },
  {
    name: "stock parts have no domain",
    from: "^components/ui/",
    to: "^(components/(?!ui/)|server/|db/)",
    typesToo: true,
  },
];
