// What a job in a mount namespace sees: system folders to read, the few devices, and what belongs to its attempt.
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * @typedef {{ from: string, to: string, writable?: boolean }} Bind
 * @typedef {{ links: [string, string][], binds: Bind[] }} View
 */

const SYSTEM = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"];
/** The rest of /etc may hold what the operator gave to services. */
const ETC = [
  "alternatives",
  "ca-certificates",
  "crypto-policies",
  "fonts",
  "gai.conf",
  "host.conf",
  "hosts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "nsswitch.conf",
  "OpenCL",
  "pki",
  "protocols",
  "resolv.conf",
  "services",
  "ssl",
  "terminfo",
  "timezone",
];
/** Keys of services in folders that are shown. Where a job is our own user, their rights do not keep it out. */
const PRIVATE = ["/etc/ssl/private", "/etc/pki/tls/private", "/etc/pki/entitlement"];
const DEVICES = ["full", "null", "random", "tty", "urandom", "zero"];
/** Accounted for by quota; who may use which is not enforced here. */
const ACCELERATORS = /^(nvidia.*|dri|kfd)$/;
const SYS = ["block", "bus", "class", "dev", "devices", "module"];

/** What is shown to be read can neither be written, nor make anybody root, nor be a device. */
const LOCKED_OPTIONS = ["ro", "nosuid", "nodev"];

const isWithin = (/** @type {string} */ inner, /** @type {string} */ outer) =>
  inner === outer || inner.startsWith(outer === "/" ? "/" : `${outer}/`);

/** @param {string} file */
function real(file) {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}

/** @returns {View} */
function systemView() {
  /** @type {View} */
  const view = { links: [], binds: [] };
  for (const name of SYSTEM) {
    const from = `/${name}`;
    if (!existsSync(from)) continue;
    if (lstatSync(from).isSymbolicLink()) view.links.push([readlinkSync(from), from]);
    else view.binds.push({ from, to: from });
  }
  // The file itself, where it is a link into a folder that is not shown (/run/systemd/resolve).
  for (const name of ETC) {
    const from = real(`/etc/${name}`);
    if (from !== null) view.binds.push({ from, to: `/etc/${name}` });
  }
  for (const name of SYS)
    if (existsSync(`/sys/${name}`)) view.binds.push({ from: `/sys/${name}`, to: `/sys/${name}` });
  const devices = existsSync("/dev") ? readdirSync("/dev") : [];
  for (const name of devices) {
    if (!DEVICES.includes(name) && !ACCELERATORS.test(name)) continue;
    view.binds.push({ from: `/dev/${name}`, to: `/dev/${name}`, writable: true });
  }
  return view;
}

/** Our user's own folder; null for a number without an account, as containers run under. */
function homeOfOurs() {
  try {
    return os.homedir();
  } catch {
    return null;
  }
}

/** Folders in which people keep everything; what is in them is never shown whole. @param {string} folder */
function isHome(folder) {
  const { base, dir } = path.parse(folder);
  return (
    folder === homeOfOurs() || folder === "/root" || ["/home", "/Users"].includes(dir) || base === ".local"
  );
}

/** A folder with programs and what they need, not one in which a program keeps its settings and passwords. @param {string} folder */
const isInstallation = (folder) =>
  ["lib", "lib64", "libexec"].some((name) => existsSync(path.join(folder, name)));

/**
 * The folders of the search path, each with what its programs need beside it (`…/bin` belongs to its parent, when that is an installation).
 * @param {string} searchPath
 */
function toolFolders(searchPath) {
  const found = [];
  for (const entry of searchPath.split(path.delimiter)) {
    const folder = path.isAbsolute(entry) ? real(entry) : null;
    if (folder === null || folder === "/" || isHome(folder) || folder.includes("/node_modules/")) continue;
    const parent = path.dirname(folder);
    const whole =
      ["bin", "sbin", "shims"].includes(path.basename(folder)) &&
      parent !== "/" &&
      !isHome(parent) &&
      isInstallation(parent);
    found.push(whole ? parent : folder);
  }
  return found;
}

/** The mounts that this process sees, outermost first. @returns {{ place: string, options: string[] }[]} */
function mounts() {
  const unescape = (/** @type {string} */ text) =>
    text.replaceAll(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
  return readFileSync("/proc/self/mountinfo", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, , , , place = "", options = ""]) => ({ place: unescape(place), options: options.split(",") }))
    .toSorted((a, b) => a.place.length - b.place.length);
}

/**
 * Mounts inside what is shown to be read: a mount that takes them along leaves each as it was, to be written to.
 * @param {Bind[]} binds
 * @returns {{ place: string, options: string[] }[]} what each has to become
 */
export function innerMounts(binds) {
  const isLocked = (/** @type {string[]} */ options) =>
    LOCKED_OPTIONS.every((option) => options.includes(option));
  const inner = [];
  for (const { place, options } of mounts()) {
    const bind = binds.find(({ from, writable }) => !writable && place !== from && isWithin(place, from));
    if (bind === undefined || isLocked(options)) continue;
    const kept = options.filter((option) => !["rw", "ro", "nosuid", "nodev"].includes(option));
    inner.push({ place: bind.to + place.slice(bind.from.length), options: [...LOCKED_OPTIONS, ...kept] });
  }
  return inner;
}

/**
 * Everything that a job or a build is shown, in the order in which it has to be mounted, and what must be hidden again.
 * @param {object} wanted
 * @param {string} wanted.searchPath
 * @param {string[]} wanted.readable further files and folders, shown where they are
 * @param {string[]} wanted.writable
 * @param {string[]} wanted.hidden folders that must not show through, such as the installation's own
 * @returns {View & { masks: string[] }}
 */
export function jailView({ searchPath, readable, writable, hidden }) {
  const { links, binds } = systemView();
  const isShown = (/** @type {string} */ file) => binds.some(({ to }) => isWithin(file, to));
  const extra = [...toolFolders(searchPath), ...readable].filter(
    (file) => path.isAbsolute(file) && existsSync(file),
  );
  for (const file of extra.toSorted((a, b) => a.length - b.length)) {
    // What is in a hidden folder is shown by name only; a folder that holds a hidden one is covered below.
    if (file === "/" || isShown(file) || hidden.includes(file)) continue;
    const isRequested = readable.includes(file);
    if (!isRequested && hidden.some((folder) => isWithin(file, folder))) continue;
    if (!statSync(file).isFile() && !statSync(file).isDirectory()) continue;
    binds.push({ from: file, to: file });
  }
  const masks = [...hidden, ...PRIVATE].filter((folder) => existsSync(folder) && isShown(folder));
  // A covered folder hides what was shown inside it, so that comes after.
  const isCovered = ({ to }) => masks.some((mask) => isWithin(to, mask));
  const after = binds.filter(isCovered);
  return {
    links,
    masks,
    binds: [
      ...binds.filter((bind) => !isCovered(bind)),
      ...after,
      ...writable.map((file) => ({ from: file, to: file, writable: true })),
    ],
  };
}
