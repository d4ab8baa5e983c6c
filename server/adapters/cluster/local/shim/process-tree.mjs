// The processes of one attempt, wherever they went, and their end.
import { setTimeout as sleep } from "node:timers/promises";
import { carriesMarker, ownerOf, readProcessTable, worksIn } from "./process-table.mjs";

/** @typedef {import("./process-table.mjs").ProcessRow} ProcessRow */

/** Reading every process's environment is the dear part of a look; it is done this often. */
const MARKER_EVERY_MS = 2000;
const KILL_WAIT_MS = 5000;

/** The environment variable by which an attempt's processes are known even after they left its group. */
export const MARKER_NAME = "MODELWORKS_ATTEMPT_ID";

/**
 * Follows the processes of an attempt: the leader's group and session, everything descended from it, whatever was
 * seen in it once, whatever carries the attempt's marker, and whatever works in its folder without a terminal (a
 * person who looks around there has one).
 */
export class ProcessTree {
  /**
   * @param {{ attemptId: string, folder: string }} attempt its id and its folder, without symbolic links
   * @param {{ pid: number, identity: string } | null} leader null when only the marker is left to go by
   * @param {object} [more]
   * @param {() => number[]} [more.alsoMembers] further members by number, such as those of a cgroup
   * @param {number | null} [more.uid] a user that is the attempt's alone
   */
  constructor({ attemptId, folder }, leader, { alsoMembers = () => [], uid = null } = {}) {
    this.folder = folder;
    this.uid = uid;
    /** Processes that hold the attempt's namespaces: everything below them is a member, they are not. @type {{ pid: number, identity: string }[]} */
    this.frame = [];
    this.marker = `${MARKER_NAME}=${attemptId}`;
    this.leader = leader;
    this.alsoMembers = alsoMembers;
    /** @type {Map<number, string>} */
    this.seen = new Map();
    this.markersReadAt = 0;
  }

  /** Living members now. @param {{ markers?: boolean }} [options] @returns {ProcessRow[]} */
  members({ markers = false } = {}) {
    const table = readProcessTable();
    const now = Date.now();
    const readMarkers = markers || now - this.markersReadAt >= MARKER_EVERY_MS;
    if (readMarkers) this.markersReadAt = now;
    const leader = this.trustedLeader(table);
    const also = new Set(this.alsoMembers());
    /** @type {Map<number, ProcessRow>} */
    const found = new Map();
    /** @type {Map<number, ProcessRow[]>} */
    const children = new Map();
    for (const row of table) {
      const siblings = children.get(row.ppid);
      if (siblings === undefined) children.set(row.ppid, [row]);
      else siblings.push(row);
      if (row.pid === process.pid) continue;
      const known =
        (leader !== null && (row.pid === leader || row.pgid === leader || row.sid === leader)) ||
        this.seen.get(row.pid) === row.identity ||
        also.has(row.pid) ||
        this.isFrame(row) ||
        (readMarkers && this.isMarked(row));
      if (known) found.set(row.pid, row);
    }
    const queue = [...found.keys()];
    for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
      for (const child of children.get(parent) ?? []) {
        if (found.has(child.pid) || child.pid === process.pid) continue;
        found.set(child.pid, child);
        queue.push(child.pid);
      }
    }
    for (const row of found.values()) if (this.isFrame(row)) found.delete(row.pid);
    this.seen = new Map([...found.values()].map((row) => [row.pid, row.identity]));
    return [...found.values()];
  }

  /** @param {ProcessRow} row */
  isFrame({ pid, identity }) {
    return this.frame.some((each) => each.pid === pid && each.identity === identity);
  }

  /** @param {ProcessRow} row */
  isMarked({ pid, hasTerminal }) {
    if (this.uid !== null && ownerOf(pid) === this.uid) return true;
    return carriesMarker(pid, this.marker) || (!hasTerminal && worksIn(pid, this.folder));
  }

  /** The leader's number, unless another process has it by now. @param {ProcessRow[]} table */
  trustedLeader(table) {
    if (this.leader === null) return null;
    const { pid, identity } = this.leader;
    const holder = table.find((row) => row.pid === pid);
    return holder === undefined || holder.identity === identity ? pid : null;
  }

  /** Sends a signal to every member. @param {NodeJS.Signals} signal @returns {number} how many members there were */
  signal(signal) {
    const members = this.members({ markers: true });
    for (const { pid } of members) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended between the look and the signal.
      }
    }
    return members.length;
  }

  /**
   * Ends every member: TERM, a grace time, then KILL until nothing is left.
   * @param {number} graceMs without grace, KILL at once
   * @returns {Promise<number>} how many refused to end within five seconds of KILL (stuck in the kernel)
   */
  async end(graceMs) {
    if (graceMs > 0 && this.signal("SIGTERM") > 0) {
      const deadline = Date.now() + graceMs;
      while (Date.now() < deadline && this.members().length > 0) await sleep(Math.min(50, graceMs));
    }
    const giveUp = Date.now() + KILL_WAIT_MS;
    while (this.signal("SIGKILL") > 0) {
      if (Date.now() > giveUp) return this.members({ markers: true }).length;
      await sleep(10);
    }
    return 0;
  }
}
