// `npm run screenshots`: every page, light and dark, at 1440 and 360 px, as PNG files in .modelworks/screenshots.
// `--url=http://127.0.0.1:3000` photographs a running installation (its MODELWORKS_DEMO_PASSWORD must be set here too);
// without it the product is started on an empty home and filled by its own verbs. `--to=<folder>` chooses the folder.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { installIfNeeded, requireNode, root } from "./prepare.mjs";

const option = (name) => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const url = option("url");
const folder = path.resolve(option("to") ?? path.join(root, ".modelworks", "screenshots"));
if (url && !process.env.MODELWORKS_DEMO_PASSWORD) {
  console.error("With --url, set MODELWORKS_DEMO_PASSWORD to the password of the demo accounts.");
  process.exit(2);
}
requireNode();
await installIfNeeded();
const playwright = path.join(root, "node_modules", "@playwright", "test", "cli.js");
const result = spawnSync(process.execPath, [playwright, "test", "--config", "e2e/playwright.config.ts"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, MODELWORKS_SCREENSHOTS: folder, ...(url ? { MODELWORKS_E2E_URL: url } : {}) },
});
console.log(`\nScreenshots are in ${folder}`);
process.exit(result.status ?? 1);
