// Builds the pages when a source changed since the last build.
import { buildIfNeeded } from "./prepare.mjs";

await buildIfNeeded();
