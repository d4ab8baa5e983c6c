// `npm start`: install what is missing, build what changed, run everything.
import { launch } from "./launch.mjs";
import { buildIfNeeded, installIfNeeded, requireNode } from "./prepare.mjs";

console.log("Modelworks");
requireNode();
await installIfNeeded();
await buildIfNeeded();
launch();
