import { spawn, type ChildProcess } from "node:child_process";

/** Keeps a list of process numbers; when its input ends, because the gateway did, it ends those that are left. */
const SCRIPT = `
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -) rest=; for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done; pids=$rest ;;
  esac
done
[ -z "$pids" ] || kill -9 $pids`;

/**
 * Models must not outlive the gateway. One that waits for a request notices by itself; one that is stuck inside a request notices nothing,
 * so a shell that does nothing else watches the gateway for all of them.
 */
export class Warden {
  private readonly pids = new Set<number>();
  private shell: ChildProcess | undefined;
  private closing = false;

  private start(): ChildProcess {
    // In a session of its own: what is sent to the gateway's whole group must not end it first.
    const shell = spawn("/bin/sh", ["-c", SCRIPT], {
      detached: true,
      env: {} as never,
      cwd: "/",
      stdio: ["pipe", "ignore", "ignore"],
    });
    shell.unref();
    const again = () => {
      if (this.shell !== shell) return;
      this.shell = undefined;
      if (!this.closing && this.pids.size > 0) this.shell = this.start();
    };
    shell.on("exit", again);
    shell.on("error", again);
    shell.stdin?.on("error", () => undefined);
    for (const pid of this.pids) shell.stdin?.write(`+ ${pid}\n`);
    return shell;
  }

  watch(pid: number): void {
    this.pids.add(pid);
    if (this.shell) this.shell.stdin?.write(`+ ${pid}\n`);
    else this.shell = this.start();
  }

  forget(pid: number): void {
    if (this.pids.delete(pid)) this.shell?.stdin?.write(`- ${pid}\n`);
  }

  close(): void {
    this.closing = true;
    this.shell?.stdin?.end();
  }
}
