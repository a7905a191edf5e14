"""The system calls that a worker may make: those that Python and NumPy need to compute, and no other.

Not among them: new processes, other programs, sockets, signals to others, ptrace, mounts, keys, io_uring. Whatever is
not listed fails with EPERM, which a student's code meets as a PermissionError. Numbers of x86_64 only: elsewhere
`install` raises KeyError, and this layer does not hold.
"""

import ctypes
import os
import struct

ALLOWED = {"x86_64": {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
    "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "pipe": 22, "select": 23,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "dup2": 33, "nanosleep": 35, "getitimer": 36,
    "alarm": 37, "setitimer": 38, "getpid": 39, "exit": 60, "uname": 63, "fsync": 74, "fdatasync": 75,
    "ftruncate": 77, "getcwd": 79, "chdir": 80, "fchdir": 81, "rename": 82, "mkdir": 83, "rmdir": 84, "unlink": 87,
    "readlink": 89, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100,
    "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115,
    "sigaltstack": 131, "arch_prctl": 158, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
    "getdents64": 217, "set_tid_address": 218, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "openat": 257, "mkdirat": 258, "newfstatat": 262, "unlinkat": 263,
    "renameat": 264, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273,
    "dup3": 292, "pipe2": 293, "renameat2": 316, "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334,
    "faccessat2": 439,
}}
CLONE, CLONE3 = 56, 435
THREAD = 0x10000  # clone's flag for a thread of the same process
ONLY_WITH = (  # system call, which of its arguments, and the values that it may have
    (16, 1, (0x5401, 0x5450, 0x5451, 0x541B)),     # ioctl: TCGETS, FIONCLEX, FIOCLEX, FIONREAD, what open() asks
    (72, 1, (0, 1, 2, 3, 4, 5, 6, 7, 1030)),       # fcntl: duplicate, flags, locks; not to whom signals go
    (302, 0, (0,)),                                # prlimit64: of this process
)
ARCHITECTURE = {"x86_64": 0xC000003E}

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS = 1, 38
NUMBER, ARCH, ARGUMENTS = 0, 4, 16


def program(machine):
    """The filter, as the list of its instructions (code, jump if true, jump if false, value)."""
    rules = [(LOAD, 0, 0, ARCH), (EQUAL, 1, 0, ARCHITECTURE[machine]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER),
             (AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, KILL)]  # the other numbers of the same machine
    for number in ALLOWED[machine].values():
        rules += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    rules += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, FAIL | ENOSYS)]  # its flags cannot be seen: clone is tried next
    rules += [(EQUAL, 0, 4, CLONE), (LOAD, 0, 0, ARGUMENTS), (ANY_BIT, 0, 1, THREAD), (RETURN, 0, 0, ALLOW),
              (RETURN, 0, 0, FAIL | EPERM)]
    for number, argument, values in ONLY_WITH:
        rules += [(EQUAL, 0, 2 * len(values) + 2, number), (LOAD, 0, 0, ARGUMENTS + 8 * argument)]
        for value in values:
            rules += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
        rules += [(RETURN, 0, 0, FAIL | EPERM)]
    return [*rules, (RETURN, 0, 0, FAIL | EPERM)]


def install():
    """Filter this process from now on, its threads included. Raises OSError where the kernel refuses."""
    rules = b"".join(struct.pack("<HBBI", *rule) for rule in program(os.uname().machine))
    buffer = ctypes.create_string_buffer(rules)
    head = struct.pack("<HxxxxxxQ", len(rules) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, head, 0, 0) < 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "no seccomp")
