"""Tries what a hostile job would try, and writes what came of each: null, or why it failed. Run by hostile-job.db.test.ts."""

import ctypes
import json
import os
import signal
import subprocess
import sys

wanted = json.loads(os.environ["TARGETS"])
marker = wanted["marker"].encode()
results = {}


def attempt(name, work):
    try:
        work()
        results[name] = None
    except Exception as error:
        results[name] = f"{type(error).__name__}: {error}"


def read(path):
    def work():
        with open(path, "rb") as file:
            if marker not in file.read(1_000_000):
                raise ValueError("nothing of it was there")

    return work


def our_own():
    """This process and those that started it, as the same user: pip, while a package is built."""
    pids = set()
    pid = os.getpid()
    while pid > 0 and os.stat(f"/proc/{pid}").st_uid == os.getuid():
        pids.add(pid)
        with open(f"/proc/{pid}/status") as status:
            pid = next(int(line.split()[1]) for line in status if line.startswith("PPid:"))
    return pids


def each_process(name, work):
    """Succeeds when it works on any process that is not ours."""

    def all_of_them():
        pids = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()} | set(wanted["pids"])
        failures = []
        for pid in sorted(pids - our_own()):
            try:
                work(pid)
                return
            except Exception as error:
                failures.append(error)
        raise failures[-1] if failures else RuntimeError("no process to be seen")

    attempt(name, all_of_them)


def memory(pid):
    with open(f"/proc/{pid}/maps") as maps:
        start = int(maps.readline().split("-")[0], 16)
    with open(f"/proc/{pid}/mem", "rb") as file:
        file.seek(start)
        file.read(16)


def traced(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    seize = 0x4206
    if libc.ptrace(seize, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def write(path):
    def work():
        with open(path, "a") as file:
            file.write("changed\n")

    return work


def fill(folder):
    full = os.path.join(folder, "full")
    try:
        with open(full, "wb") as file:
            for _ in range(200):
                file.write(b"x" * 2**20)
    finally:
        os.remove(full)


def found(path, entry):
    def work():
        if entry not in os.listdir(path):
            raise ValueError("it is not there")

    return work


def run(*command):
    return lambda: subprocess.run(command, check=True, capture_output=True)


for name, path in wanted["secrets"].items():
    attempt(f"read {name}", read(path))
for name, (path, entry) in wanted["folders"].items():
    attempt(f"list {name}", found(path, entry))
each_process("environment of a process", lambda pid: read(f"/proc/{pid}/environ")())
each_process("command line of a process", lambda pid: read(f"/proc/{pid}/cmdline")())
each_process("files of a process", lambda pid: os.listdir(f"/proc/{pid}/root"))
each_process("memory of a process", memory)
each_process("ptrace", traced)
for pid in wanted["pids"]:
    # One that nobody minds, where nothing keeps it away; the same right is asked for as for any other.
    attempt(f"signal {pid}", lambda pid=pid: os.kill(pid, signal.SIGWINCH))
attempt("become root", lambda: os.setuid(0))
attempt("drop into root's group", lambda: os.setgroups([0]))
attempt("su", run("su", "-c", "true"))
attempt("a device", lambda: os.mknod("device", 0o666 | 0o060000, os.makedev(254, 0)))
attempt("mount", run("mount", "-t", "tmpfs", "tmpfs", os.getcwd()))
attempt("a user namespace", run("unshare", "--user", "--map-root-user", "true"))
attempt("kernel settings", write("/proc/sys/kernel/core_pattern"))
attempt("write to its environment", write(os.path.join(sys.prefix, "pyvenv.cfg")))
attempt("add to its environment", write(os.path.join(sys.prefix, "lib", "sitecustomize.py")))
attempt("open its environment", lambda: os.chmod(sys.prefix, 0o777))
attempt("write to the interpreter", write(os.path.realpath(sys.executable) + ".txt"))
attempt("write to the system", write("/usr/changed"))
attempt("fill /tmp", lambda: fill("/tmp"))
attempt("fill /dev/shm", lambda: fill("/dev/shm"))
for name, path in wanted["secrets"].items():
    attempt(f"link to {name}", lambda path=path: os.link(path, os.path.join(os.environ["MODELWORKS_OUTPUTS"], "stolen")))
# What a normal job needs has to work all the same.
attempt("own work folder", write("notes.txt"))
attempt("own temporary folder", write(os.path.join(os.environ["TMPDIR"], "notes.txt")))
attempt("semaphores", lambda: __import__("multiprocessing").Lock())
attempt("its own name", lambda: __import__("getpass").getuser())
attempt("certificates", lambda: os.listdir("/etc/ssl/certs"))
attempt("resolver", lambda: open("/etc/resolv.conf").close())
attempt("a terminal", lambda: os.openpty())

# Leaves a daemon that has nothing of the job about it.
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        # Whoever waits for the end of our output, as pip does, waits for nobody else.
        os.closerange(0, 1_000)
        os.execve("/bin/sleep", [wanted["daemon"], "1000"], {})
    os._exit(0)
os.wait()

with open(os.path.join(os.environ["MODELWORKS_OUTPUTS"], "results.json"), "w") as file:
    json.dump(results, file)
print("token", os.environ["TOKEN"])
