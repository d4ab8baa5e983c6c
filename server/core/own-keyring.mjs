// Leaves the keys of whoever started us behind. A login's session keyring (tickets, keys of disks, whatever programs put there) is inherited by
// every process, and any user who inherits it may read it: no change of user and no namespace takes it away. Plain JavaScript on Node's own modules.
import { accessSync, constants } from "node:fs";

/** The number of the system call `keyctl`. @type {Partial<Record<NodeJS.Architecture, number>>} */
const KEYCTL = {
  x64: 250,
  arm64: 219,
  riscv64: 219,
  loong64: 219,
  ppc64: 271,
  s390x: 280,
  arm: 311,
  ia32: 288,
};
/** Forbidden or unknown calls are so for whatever follows, too: there is nothing to be read then. */
const FORBIDDEN = [1, 38];

/** Programs that can make a system call, from folders that are root's. */
const CALLERS = [
  {
    program: "/usr/bin/perl",
    /** @param {number} call */
    args: (call) => [
      "-e",
      `delete $ENV{PERL_BADLANG}; syscall(${call}, 1, 0) == -1 and ${FORBIDDEN.map((error) => `$! != ${error}`).join(" and ")} and die "no keyring: $!"; exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!"`,
    ],
  },
  {
    program: "/usr/bin/python3",
    /** @param {number} call */
    args: (call) => [
      "-ISc",
      `import ctypes, os, sys
c = ctypes.CDLL(None, use_errno=True)
if c.syscall(${call}, 1, None) == -1 and ctypes.get_errno() not in (${FORBIDDEN.join(", ")}): sys.exit("no keyring: " + os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])`,
    ],
  },
];

/** @param {string} program */
function isThere(program) {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The words that start a program (an absolute path) with a session keyring of its own, as the same process. Where the system has no keyrings, or no
 * program that could make one, the command as it is.
 * @param {string[]} command
 * @returns {[string, ...string[]]}
 */
export function withOwnKeyring([program = "", ...args]) {
  const call = process.platform === "linux" ? KEYCTL[process.arch] : undefined;
  const caller = CALLERS.find((each) => isThere(each.program));
  if (call === undefined || caller === undefined) return [program, ...args];
  return [caller.program, ...caller.args(call), program, ...args];
}
