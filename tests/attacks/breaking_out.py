"""Out of the sandbox: other processes, the network, the file system, the kernel. x86_64's system call numbers."""

from attack import during_call, on_step

ATTACKS = [
    on_step("signals", """
for pid in (os.getppid(), 1, -1, 0, *range(max(2, os.getppid() - 20), os.getppid())):
    for number in (0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        if pid != os.getpid():
            attempt(os.kill, pid, number)
            attempt(syscall, 129, pid, number, b"\\0" * 128)
            attempt(syscall, 234, pid, pid, number)
            attempt(syscall, 200, pid, number)
attempt(os.killpg, 0, signal.SIGKILL)
attempt(lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid() or 1), signal.SIGKILL))
"""),
    on_step("signals-by-a-pipes-owner", """
import fcntl
for owner in (os.getppid() or 1, -1, -os.getpgrp(), 1):
    end, other = os.pipe()
    attempt(fcntl.fcntl, end, fcntl.F_SETOWN, owner)
    attempt(fcntl.fcntl, end, 10, signal.SIGKILL)
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(other, b"x")
"""),
    on_step("limits-of-others", """
import resource
for pid in (os.getppid() or 1, 1, *range(max(2, os.getpid() - 30), os.getpid())):
    attempt(resource.prlimit, pid, resource.RLIMIT_CPU, (0, 0))
    attempt(resource.prlimit, pid, resource.RLIMIT_NOFILE, (0, 0))
for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE"):
    which = getattr(resource, "RLIMIT_" + name)
    if resource.getrlimit(which)[1] != resource.RLIM_INFINITY:
        attempt(resource.setrlimit, which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""),
    on_step("more-than-one-processor", """
attempt(os.sched_setaffinity, 0, range(64))
attempt(syscall, 203, 0, 8, b"\\xff" * 8)
attempt(lambda: 1 / (len(os.sched_getaffinity(0)) - 1) if os.cpu_count() > 1 else 1 / 0)
"""),
    on_step("debugging-others", """
buffer = ctypes.create_string_buffer(64)
for pid in (os.getppid() or 1, 1):
    for request in (16, 0x4206, 0x4207):
        attempt(syscall, 101, request, pid, 0, 0)
    vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
    for number in (310, 311):
        attempt(syscall, number, pid, vector, 1, vector, 1, 0)
    attempt(syscall, 312, pid, os.getpid(), 0, 0, 0)
    attempt(syscall, 434, pid, 0)
    attempt(syscall, 438, 3, 0, 0)
attempt(syscall, 101, 0, 0, 0, 0)
"""),
    on_step("new-processes", """
import multiprocessing, pty
for number in (57, 58):
    attempt(syscall, number)
attempt(syscall, 56, 17, 0, 0, 0, 0)
attempt(syscall, 435, b"\\0" * 32 + (17).to_bytes(8, "little") + b"\\0" * 48, 88)
for program in ("/bin/sh", "/usr/bin/python3", sys.executable):
    attempt(os.posix_spawn, program, [program, "-c", "0"], {})
    attempt(subprocess.run, [program, "-c", "0"], check=True)
    attempt(os.execv, program, [program])
attempt(os.fork)
attempt(pty.fork)
attempt(lambda: 1 / (os.system("true") == 0))
attempt(lambda: multiprocessing.get_context("fork").Process(target=print).start())
attempt(syscall, 322, -100, b"/bin/sh", 0, 0, 0)
"""),
    on_step("sockets", """
for family in range(46):
    for kind in (1, 2, 3, 5):
        attempt(socket.socket, family, kind)
attempt(socket.socketpair)
attempt(socket.create_connection, ("127.0.0.1", $tcp), timeout=1)
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", $udp)))
attempt(lambda: socket.socket(socket.AF_UNIX).connect("\\0$abstract"))
attempt(lambda: socket.socket(socket.AF_INET6).connect(("::1", $tcp)))
"""),
    during_call("sockets-from-a-call", """
attempt(socket.create_connection, ("127.0.0.1", $tcp), timeout=1)
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", $udp)))
"""),
    on_step("names-and-pages", """
import asyncio, urllib.request
attempt(socket.getaddrinfo, "localhost", 80, type=socket.SOCK_STREAM) if False else None
attempt(socket.gethostbyname, "example.org")
attempt(urllib.request.urlopen, "http://127.0.0.1:$tcp/", timeout=1)
attempt(urllib.request.urlopen, "file:" + "//" + "/etc/passwd")
attempt(subprocess.check_output, ["curl", "http://127.0.0.1:$tcp/"])
attempt(lambda: asyncio.run(asyncio.open_connection("127.0.0.1", $tcp)))
"""),
    on_step("privileges", """
for become in (os.setuid, os.setgid, os.seteuid):
    attempt(become, 0) if os.getuid() else attempt(become, 1)
attempt(os.setgroups, [0])
attempt(os.chroot, ".")
attempt(os.nice, -5)
attempt(syscall, 272, 0x10000000)
attempt(syscall, 272, 0x20000)
attempt(syscall, 308, 3, 0)
attempt(syscall, 165, b"none", b"/submission", b"tmpfs", 0, 0)
attempt(syscall, 155, b".", b".")
attempt(syscall, 166, b"/", 2)
attempt(syscall, 126, (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6))
attempt(syscall, 157, 4, 1, 0, 0, 0)
attempt(syscall, 170, b"pwned", 5)
"""),
    on_step("odd-corners-of-the-kernel", """
for number, *arguments in ((248, b"user", b"d", b"x", 1, -3), (250, 0, -3), (321, 0, 0, 0), (323, 0), (425, 8, 0),
                           (298, 0, 0, -1, -1, 0), (319, b"m", 0), (29, 0, 4096, 0o1600), (240, b"q", 0o102, 0o600, 0),
                           (253,), (300, 0, 0), (212, 0, 0), (304, -100, b"."), (103, 3, 0, 0), (169, 0, 0, 0),
                           (246, 0, 0, 0, 0), (175, 0, 0, b""), (313, 3, b"", 0), (139, 1), (428, -100, b"/", 0),
                           (430, b"tmpfs", 0), (432, 3, b"", -100, b"/", 0), (442, 3, b"", 0, 0, 0), (444, 0, 0, 1),
                           (317, 1, 0, 0), (222, 1, 0, 0), (141, 0, 0, -5), (203, 0, 8, b"\\xff" * 8), (227, 0, b"")):
    attempt(syscall, number, *arguments)
"""),
    on_step("calls-of-another-architecture", """
import mmap
text = mmap.mmap(-1, 4096, prot=7)
text.write(bytes.fromhex("b814000000cd80c3"))
where = ctypes.addressof(ctypes.c_char.from_buffer(text))
print("pw" + "ned", ctypes.CFUNCTYPE(ctypes.c_int)(where)())
"""),
    on_step("calls-of-x32", """
attempt(syscall, 0x40000000 + 57)
attempt(syscall, 0x40000000 + 41, 2, 1, 0)
"""),
    on_step("writing-everywhere", """
name = "pw" + "ned"
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/", "$canary", "$home", "$course", "$repository", "$temporary", "..",
               "/run", "/etc", "/dev", os.path.dirname(np.__file__), os.path.dirname(os.__file__), *sys.path):
    path = os.path.join(folder, name)
    attempt(lambda: open(path, "w").write(name))
    attempt(os.mkdir, path + "-folder")
    attempt(os.mkfifo, path + "-pipe")
    attempt(os.mknod, path + "-node")
for path in ("$canary/file.txt", "$repository/README.md", "$course/secret"):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        attempt(os.open, path, flags)
    attempt(os.truncate, path, 0)
    attempt(os.unlink, path)
    attempt(os.rename, path, path + name)
    attempt(os.chmod, path, 0o777)
    attempt(os.chown, path, os.getuid(), -1)
    attempt(os.utime, path)
    attempt(os.setxattr, path, "user.x", b"x")
"""),
    on_step("links", """
for target in ("/etc/passwd", "$course/gradebook.db", "$canary/secret.txt", "/"):
    attempt(os.symlink, target, "link")
    attempt(os.link, target, "hard")
    attempt(syscall, 265, -100, target.encode(), -100, b"hard", 0x400)
    attempt(lambda: open("link").read())
attempt(os.rename, "$canary/file.txt", "taken")
attempt(lambda: open(".hidden", "w").close() or os.link(".hidden", "$canary/pw" + "ned"))
"""),
    on_step("writing-the-library", """
import rnnkit
for path in (rnnkit.__file__, np.__file__, os.__file__, sys.modules["sandbox.worker"].__file__,
             "$repository/rnnkit/rnn.py", "$repository/autograder/judging/judge.py"):
    attempt(lambda: open(path, "a").write("# pw" + "ned"))
    attempt(os.unlink, path)
    attempt(os.rename, path, path + "x")
    attempt(os.mkdir, os.path.dirname(path) + "/pw" + "ned")
"""),
    on_step("writing-the-gradebook", """
import sqlite3
for path in ("$course/gradebook.db", "$course/gradebook.db-journal", "$course/gradebook.db-wal"):
    attempt(lambda: open(path, "r+b").write(b"pw" + b"ned"))
    attempt(os.open, path, os.O_RDWR | os.O_CREAT)
attempt(lambda: sqlite3.connect("$course/gradebook.db").execute("update grade set auto_score = 100"))
"""),
    on_step("forged-files", """
folder = "$course/autograded/forged-files/02_the_recurrent_cell"
attempt(os.makedirs, folder)
attempt(lambda: open(folder + "/02_the_recurrent_cell.ipynb", "w").write("pw" + "ned"))
attempt(os.makedirs, "$course/submitted/pw" + "ned/02_the_recurrent_cell")
attempt(lambda: open("$course/submitted/honest-02/02_the_recurrent_cell/02_the_recurrent_cell.ipynb", "w").write("{}"))
"""),
    on_step("devices", """
for path in ("/dev/null", "/dev/zero", "/dev/urandom"):
    attempt(os.unlink, path)
    attempt(os.rename, path, path + "x")
for path in ("/dev/tty", "/dev/vda", "/dev/sda", "/dev/kvm", "/dev/fuse", "/dev/ptmx", "/dev/random", "/dev/mem"):
    attempt(os.open, path, os.O_RDWR) if path != "/dev/random" else None
import fcntl
attempt(fcntl.ioctl, 0, 0x5412, b"x")
attempt(fcntl.ioctl, 0, 0x5421, b"x")
"""),
]
