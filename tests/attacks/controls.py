"""No attacks, but a test of the watch: run without any sandbox, each of these has to be noticed."""

from attack import on_step

ATTACKS = [
    on_step("knocks", """
socket.create_connection(("127.0.0.1", $tcp)).close()
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", $udp))
socket.socket(socket.AF_UNIX).connect("\\0$abstract")
"""),
    on_step("writes", 'open("$canary/pw" + "ned", "w").close()\nopen("$home/file.txt", "w").write("otherwise")\n'),
    on_step("reads", 'print(open("$canary/secret.txt").read())\n'),
    on_step("stays", "if not os.fork():\n    os.setsid()\n    time.sleep(30)\n    os._exit(0)\n"),
    on_step("succeeds", 'attempt(os.listdir, "$course")\n'),
    on_step("is-right", "def rnn_step(x, h, W_x, W_h, b):\n"
                        "    return np.tanh(x @ W_x + h @ W_h + b), None\n"),
]
