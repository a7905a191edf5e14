"""The system calls that a worker may make: those that Python and NumPy need to compute, and no other.

Not among them: new processes, other programs, sockets, signals to others, ptrace, mounts, keys, io_uring. Whatever is
not listed fails with EPERM, which a student's code meets as a PermissionError. Numbers of x86_64 only: elsewhere
`install` raises KeyError, and this layer does not hold.
"""

import ctypes
import errno
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
NR_CLONE, NR_IOCTL, NR_FCNTL, NR_PRLIMIT64, NR_CLONE3 = 56, 16, 72, 302, 435
CLONE_THREAD = 0x10000  # clone's flag for a thread of the same process
TCGETS, FIONCLEX, FIOCLEX, FIONREAD = 0x5401, 0x5450, 0x5451, 0x541B
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 5, 6, 7, 1030
ONLY_WITH = (  # system call, which of its arguments, and the values that it may have
    (NR_IOCTL, 1, (TCGETS, FIONCLEX, FIOCLEX, FIONREAD)),  # what open() asks
    (NR_FCNTL, 1, (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC)),
    (NR_PRLIMIT64, 0, (0,)),                               # of this process
)

# The names of linux/bpf_common.h, linux/seccomp.h, linux/audit.h, linux/prctl.h and asm/unistd.h.
BPF_LD_W_ABS, BPF_JEQ_K, BPF_JGE_K, BPF_JSET_K, BPF_RET_K = 0x20, 0x15, 0x35, 0x45, 0x06
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCH, ARGUMENTS = 0, 4, 16  # where struct seccomp_data has nr, arch and args
AUDIT_ARCH = {"x86_64": 0xC000003E}
X32_SYSCALL_BIT = 0x40000000  # set in every number of the x32 ABI, by which an x86_64 kernel can be called as well
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def program(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter, as the list of its instructions (code, jump if true, jump if false, value)."""
    allow, refuse = (BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW), (BPF_RET_K, 0, 0, SECCOMP_RET_ERRNO | errno.EPERM)
    kill, absent = (BPF_RET_K, 0, 0, SECCOMP_RET_KILL_PROCESS), (BPF_RET_K, 0, 0, SECCOMP_RET_ERRNO | errno.ENOSYS)
    rules = [(BPF_LD_W_ABS, 0, 0, ARCH), (BPF_JEQ_K, 1, 0, AUDIT_ARCH[machine]), kill,
             (BPF_LD_W_ABS, 0, 0, NUMBER), (BPF_JGE_K, 0, 1, X32_SYSCALL_BIT), kill]
    for number in ALLOWED[machine].values():
        rules += [(BPF_JEQ_K, 0, 1, number), allow]
    rules += [(BPF_JEQ_K, 0, 1, NR_CLONE3), absent]  # its flags cannot be seen: clone is tried next
    rules += [(BPF_JEQ_K, 0, 4, NR_CLONE), (BPF_LD_W_ABS, 0, 0, ARGUMENTS), (BPF_JSET_K, 0, 1, CLONE_THREAD), allow,
              refuse]
    for number, argument, values in ONLY_WITH:
        rules += [(BPF_JEQ_K, 0, 2 * len(values) + 2, number), (BPF_LD_W_ABS, 0, 0, ARGUMENTS + 8 * argument)]
        for value in values:
            rules += [(BPF_JEQ_K, 0, 1, value), allow]
        rules += [refuse]
    return [*rules, refuse]


def install() -> None:
    """Filter this process from now on, its threads included. Raises OSError where the kernel refuses."""
    rules = b"".join(struct.pack("<HBBI", *rule) for rule in program(os.uname().machine))
    buffer = ctypes.create_string_buffer(rules)
    head = struct.pack("<HxxxxxxQ", len(rules) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "no seccomp")
