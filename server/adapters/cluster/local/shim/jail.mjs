// The words that put a command into namespaces of its own, with the tools of util-linux.
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { innerMounts, jailView } from "./jail-mounts.mjs";

/** The setup runs with our rights, so nothing of the job reaches its environment. */
export const SETUP_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const LOCKED = "nosuid,nodev";
export const JOB_NAME = "job";

/** @param {string} word */
const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;
/** @param {string} word for a field of fstab */
const field = (word) => word.replaceAll("\\", "\\134").replaceAll(" ", "\\040").replaceAll("\t", "\\011");

/** Drops every right for good; what follows may be hostile. */
export const WITHOUT_RIGHTS = ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"];
/** The job's own variables come by a pipe: they are no one's environment before the rights are gone. */
const COMMAND_WITH_VARIABLES = `eval "$(cat <&5)"; exec 5<&-; exec "$@"`;

/** @param {number} uid */
export const becomeUser = (uid) => ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];

/** What the last step reads from its pipe. @param {Record<string, string>} env */
export function variablesScript(env) {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");
}

/** The last words before the job's own command, by which it gets its variables. @param {string[]} command */
export const withVariables = (command) => ["/bin/sh", "-c", COMMAND_WITH_VARIABLES, "sh", ...command];

/**
 * In the new process namespace: its first process lives as long as somebody holds the lifeline, and takes all others with it.
 * The second waits for the command and passes on how it ended.
 */
const INSIDE = `
set -e
( exec setpriv $INIT_RIGHTS env --ignore-signal=CHLD cat ) <&4 >/dev/null 2>&1 3>&- 5<&- &
echo "init $!" >&3
mount -t proc -o nosuid,nodev,noexec proc /proc
umount -l /.old
mount -o remount,bind,ro,nosuid,nodev /
cd "$JOB_FOLDER"
unset INIT_RIGHTS JOB_FOLDER OLDPWD
echo start >&3
exec 3>&- 4<&-
exec "$@"`;

/**
 * @param {object} jail
 * @param {string} jail.stage an empty folder of ours for the new root
 * @param {string} jail.cwd
 * @param {number} jail.scratchBytes bound on what may be put into memory by way of /tmp and of /dev/shm
 * @param {{ uid: number, isOwn: boolean }} jail.user the number inside; `isOwn` when it is another user than ours
 * @param {boolean} jail.nested whether the command gets a user namespace of its own
 * @param {Parameters<typeof jailView>[0]} jail.view
 * @param {string[]} command
 * @returns {string[]} program and arguments; it wants descriptors 3 (says `init <pid>`, `start`), 4 (lifeline) and 5 (variables)
 */
export function jailed({ stage, cwd, scratchBytes, user, nested, view }, command) {
  const { links, masks, binds } = jailView(view);
  const root = path.join(stage, "root");
  const at = (/** @type {string} */ place) => path.join(root, place);
  const onTmpfs = ["/tmp", "/dev/shm", ...masks];
  const isLate = ({ to }) => onTmpfs.some((mount) => to.startsWith(`${mount}/`));
  const late = binds.filter(isLate);
  const soon = binds.filter((bind) => !isLate(bind));
  // Whatever our own files are, these have to be passed and read by the job's user.
  const before = process.umask(0o022);
  try {
    makeRoot(stage, at, { links, places: soon, user, cwd });
  } finally {
    process.umask(before);
  }
  const row = ({ from, to, writable }) =>
    `${field(from)} ${field(at(to))} none rbind${writable ? "" : `,ro,${LOCKED}`} 0 0\n`;
  const tmpfs = (/** @type {string} */ place, /** @type {string} */ options) =>
    `modelworks ${field(at(place))} tmpfs ${LOCKED},${options} 0 0\n`;
  const first = [
    `${field(root)} ${field(root)} none bind 0 0\n`,
    ...soon.map(row),
    tmpfs("/tmp", `mode=1777,size=${scratchBytes}`),
    tmpfs("/dev/shm", `mode=1777,size=${scratchBytes}`),
    `devpts ${field(at("/dev/pts"))} devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=620 0 0\n`,
    ...masks.map((mask) => tmpfs(mask, "mode=755,size=1m")),
  ];
  writeFileSync(path.join(stage, "first"), first.join(""));
  writeFileSync(path.join(stage, "second"), late.map(row).join(""));
  const setup = `
set -e
mount -a -T ${quote(path.join(stage, "first"))}
${late.length > 0 ? `${makePlaces(late, at)}\nmount -a -T ${quote(path.join(stage, "second"))}` : ""}
${innerMounts(binds)
  .map(({ place, options }) => lock(at(place), options))
  .join("\n")}
cd ${quote(root)}
pivot_root . .old
cd /
exec unshare --pid /bin/sh -c "$0" sh "$@"`;
  return [
    "env",
    `INIT_RIGHTS=${[...(user.isOwn ? becomeUser(user.uid) : []), ...WITHOUT_RIGHTS].join(" ")}`,
    `JOB_FOLDER=${cwd}`,
    "unshare",
    ...(user.isOwn ? [] : ["--user", "--map-root-user"]),
    "--mount",
    "--ipc",
    "--uts",
    "/bin/sh",
    "-c",
    setup,
    INSIDE,
    ...lastWords(user, nested, command),
  ];
}

/** Words that lock a mount; one that something lies over cannot be reached. @param {string} place @param {string[]} options */
const lock = (place, options) =>
  `if mountpoint -q ${quote(place)}; then mount -o remount,bind,${options.join(",")} ${quote(place)}; fi`;

/** Waits for the command, which has no rights left. @param {{ uid: number, isOwn: boolean }} user @param {boolean} nested @param {string[]} command */
function lastWords({ uid, isOwn }, nested, command) {
  const identity = isOwn ? becomeUser(uid) : [];
  const told = withVariables(command);
  if (!nested) return ["unshare", "--fork", "setpriv", ...identity, ...WITHOUT_RIGHTS, "--", ...told];
  const drop = ["setpriv", "--ambient-caps=-all", ...WITHOUT_RIGHTS, "--", ...told];
  // In a user namespace of its own a job could make further ones, with all that the kernel offers there: it may make none.
  const closed = ["/bin/sh", "-c", `echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"`, "sh", ...drop];
  const map = ["--user", `--map-user=${uid}`, `--map-group=${uid}`, "--keep-caps"];
  return [...(isOwn ? ["setpriv", ...identity] : []), "unshare", ...map, "--fork", ...closed];
}

const isFolder = (/** @type {string} */ file) => existsSync(file) && statSync(file).isDirectory();

/**
 * The new root as it lies on disk: places to mount on, links, and accounts that name the job's user. It is never written to from inside.
 * @param {string} stage @param {(place: string) => string} at
 * @param {{ links: [string, string][], places: import("./jail-mounts.mjs").Bind[], user: { uid: number }, cwd: string }} content
 */
function makeRoot(stage, at, { links, places, user, cwd }) {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true, mode: 0o700 });
  const folder = (/** @type {string} */ place) => mkdirSync(at(place), { recursive: true, mode: 0o755 });
  for (const place of ["/", "/tmp", "/dev/shm", "/dev/pts", "/proc", "/etc", "/.old"]) folder(place);
  for (const { from, to } of places) {
    folder(isFolder(from) ? to : path.dirname(to));
    if (!isFolder(from)) writeFileSync(at(to), "", { mode: 0o644 });
  }
  const standard = ["stdin", "stdout", "stderr"].map((name, index) => [
    `/proc/self/fd/${index}`,
    `/dev/${name}`,
  ]);
  for (const [target = "", place = ""] of [
    ...links,
    ...standard,
    ["/proc/self/fd", "/dev/fd"],
    ["pts/ptmx", "/dev/ptmx"],
  ]) {
    symlinkSync(target, at(place));
  }
  const passwd = `root:x:0:0::/nonexistent:/usr/sbin/nologin\n${JOB_NAME}:x:${user.uid}:${user.uid}::${cwd}:/bin/sh\n`;
  writeFileSync(at("/etc/passwd"), passwd, { mode: 0o644 });
  writeFileSync(at("/etc/group"), `root:x:0:\n${JOB_NAME}:x:${user.uid}:\n`, { mode: 0o644 });
}

/** Words that make the places to mount on. @param {import("./jail-mounts.mjs").Bind[]} binds @param {(place: string) => string} at */
function makePlaces(binds, at) {
  const folders = new Set(binds.map(({ from, to }) => quote(at(isFolder(from) ? to : path.dirname(to)))));
  const files = binds.filter(({ from }) => !isFolder(from)).map(({ to }) => `: > ${quote(at(to))}`);
  // To be passed by the job's user, whatever our own files are.
  return ["(umask 022", `mkdir -p ${[...folders].join(" ")}`, ...files, ")"].join("\n");
}
