// Checks that what the documents name exists: relative links, `folder/file` in backticks, and `npm run` scripts.
import fs from "node:fs";
import path from "node:path";
import { root } from "./prepare.mjs";

const TOP = "app|bench|components|db|docs|e2e|examples|public|scripts|server|templates";
const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

function documents() {
  const own = fs.readdirSync(root).filter((name) => name.endsWith(".md"));
  const folder = path.join(root, "docs");
  const more = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  return [...own, ...more.filter((name) => name.endsWith(".md")).map((name) => path.join("docs", name))];
}

/** Fenced blocks hold output and examples, whose paths are the reader's. */
const prose = (text) => text.replaceAll(/^```[\s\S]*?^```/gm, "");

function problemsOf(document) {
  const text = prose(fs.readFileSync(path.join(root, document), "utf8"));
  const found = [];
  const must = (file, shown) => {
    if (!fs.existsSync(file)) found.push(`${document}: ${shown} does not exist`);
  };
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^([a-z]+:|#|\/)/i.test(target)) continue;
    must(path.resolve(root, path.dirname(document), decodeURI(target.split("#", 1)[0])), target);
  }
  for (const [, name] of text.matchAll(new RegExp(`\`((?:${TOP})/[^\`\\s]*)\``, "g"))) {
    // A pattern or a placeholder stands for many files.
    if (/[<>*{}…]|\.\.\.|:\d/.test(name)) continue;
    must(path.join(root, name), `\`${name}\``);
  }
  for (const [, name] of text.matchAll(/`npm run ([a-z0-9:-]+)/g))
    if (!scripts[name]) found.push(`${document}: there is no script ${name} in package.json`);
  return found;
}

const all = documents();
const problems = all.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
console.log(`${all.length} documents, ${problems.length} things that do not exist`);
process.exit(problems.length > 0 ? 1 : 0);
