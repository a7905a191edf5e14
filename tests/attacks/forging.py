"""Forged messages: a submission finds the pipe to the judge, and says whatever it likes."""

from attack import GUESS, HONEST, PRELUDE, Attack, on_step

PIPE = """
import json, stat, struct

def is_socket(number):
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False

pipe = next(number for number in range(3, 64) if is_socket(number))

def message(content, data=b""):
    head = json.dumps(content).encode()
    return struct.pack("<QQ", len(head) + len(data), len(head)) + head + data

def say(content, data=b""):
    rest = message(content, data)
    while rest:
        rest = rest[os.write(pipe, rest):]

RAN = {"tuple": ["", ""]}

def answer(**fields):
    fields = {"problem": "", "text": "", "printed": "", "odd": {"dict": {}}, "changed": {"tuple": []},
              "float_errors": [], **fields}
    return {"dict": {"outputs": {"dict": {"h_next": {"array": ["<f8", 3, 6]}}}, **fields}}

ZEROS = bytes(8 * 18)
"""


def forging(name, text, **more):
    return on_step(name, PIPE + text, **{"upmost": True, **more})


ATTACKS = [
    forging("perfect-looking-answer", "say(RAN)\nfor _ in range(10):\n    say(answer(), ZEROS)\n"),
    forging("forged-verdict", """
say(RAN)
for _ in range(10):
    say({"dict": {"share": 1.0, "earned": 4.0, "points": 4.0, "passed": True, "status": "judged"}})
    say(answer(share=1.0), ZEROS)
"""),
    forging("enormous-length", "os.write(pipe, struct.pack('<QQ', 2 ** 63, 2 ** 20))\n"),
    forging("promised-and-never-sent", "os.write(pipe, struct.pack('<QQ', 2 ** 22, 100) + b'x')\ntime.sleep(100)\n"),
    forging("garbage", "os.write(pipe, os.urandom(10 ** 5))\n"),
    forging("zeros", "os.write(pipe, bytes(10 ** 5))\n"),
    forging("no-json", "os.write(pipe, struct.pack('<QQ', 4, 4) + b'}{]x')\n"),
    forging("deep-json", """
head = b'[' * 10 ** 6
os.write(pipe, struct.pack('<QQ', len(head), len(head)))
while head:
    head = head[os.write(pipe, head):]
"""),
    forging("a-pickle", """
import pickle
class Bomb:
    def __reduce__(self): return (os.system, ("touch $canary/pw" + "ned",))
os.write(pipe, pickle.dumps(Bomb()))
data = pickle.dumps(np.array([Bomb()], object))
say({"array": ["|O", 1]}, data)
"""),
    forging("arrays-that-are-none", """
say(RAN)
for array in (["|O8", 3, 6], ["<f8", -1, 6], ["<f8", 3.5, 6], ["<f8", 2 ** 62], ["<f8", 2 ** 30, 0, 2 ** 30], "<f8",
              ["<f8", "3", "6"], ["<c16", 3], ["S8", 3], None, [], {}, ["<f8", *[1] * 64], ["<f8", True]):
    say(answer(outputs={"dict": {"h_next": {"array": array}}}), ZEROS)
"""),
    forging("fields-that-are-none", """
say(RAN)
for fields in ({"problem": 7}, {"problem": []}, {"problem": {"array": ["<f8", 3, 6]}}, {"text": None}, {"odd": []},
               {"odd": {"dict": {"h_next": 3}}}, {"changed": 5}, {"changed": [["x"]]}, {"float_errors": None},
               {"outputs": None}, {"outputs": {"dict": {}}}, {"outputs": {"dict": {"h_next": "zeros"}}}, {"what": 1},
               {"printed": {"dict": {}}}, {"odd": {"dict": {"a b": "x"}}}, {"float_errors": ["<script>"]}):
    say(answer(**fields), ZEROS)
""", ends=("judged", "unfinished")),
    forging("problems-without-words", """
say(RAN)
for problem in ("raised", "blank", "count", "type") * 4:
    say(answer(problem=problem))
"""),
    *(on_step(f"problem-that-is-{name}", f"""
from rnnkit.calls import _Problem
def rnn_step(x, h, W_x, W_h, b):
    raise _Problem({problem})
""") for name, problem in (("empty", '"raised", ""'), ("blank-and-empty", '"blank", ""'),
                           ("no-line", '"type", chr(133)'), ("no-text", '"raised", None'),
                           ("one-word", '"raised"'), ("unknown", '"right", "so"'),
                           ("a-number", "0, 0"), ("half-a-pair", '"raised", chr(0xd800)'))),
    forging("very-long-texts", """
say({"tuple": ["p" * 500_000, "e" * 500_000]})
for _ in range(10):
    say(answer(problem="raised", text="t" * 500_000, printed="p" * 500_000))
"""),
    forging("long-texts-for-every-exercise", """
wire = sys.modules["sandbox.wire"]
send = wire.send
def shout(pipe, content):
    if isinstance(content, dict):
        content = {"outputs": {}, "problem": "raised", "text": "t" * 400_000, "printed": "p" * 400_000, "odd": {},
                   "changed": (), "float_errors": []}
    send(pipe, content)
wire.send = shout
"""),
    forging("texts-that-no-page-can-show", r"""
say({"tuple": ["\ud800\x00\x1b[2J<script>alert(1)</script>", "\udfff"]})
for _ in range(10):
    say(answer(problem="raised", text="\ud800</td><script>alert(1)</script>\x00", odd={"dict": {"h_next": "\ud800"}}))
"""),
    forging("replayed", """
worker, wire = sys.modules["sandbox.worker"], sys.modules["sandbox.wire"]
send = wire.send
kept = []
def again(pipe, content):
    kept.append(content)
    send(pipe, kept[min(len(kept) - 1, 1)])
wire.send = again
"""),
    forging("two-answers", """
wire = sys.modules["sandbox.wire"]
send = wire.send
def twice(pipe, content):
    send(pipe, content)
    send(pipe, content)
wire.send = twice
"""),
    forging("closed-pipe", "os.close(pipe)\n"),
    forging("pipe-to-nowhere", "os.dup2(os.open('/dev/null', os.O_RDWR), pipe)\n"),
    forging("pipe-to-itself", "a, b = os.pipe()\nos.dup2(b, pipe)\n"),
    forging("next-request-read", """
say(RAN)
say(RAN)
request = os.read(pipe, 10 ** 6)
for word in (b"expected", b"reference", b"tolerance", b"share", b"secret", b"seed", b"misconception"):
    if word in request:
        print("pw" + "ned", word, request[:500])
say(answer(problem="raised", text=repr(request[:2000])))
"""),
    forging("seen-for-ever", """
while True:
    say({"dict": {"seen": "tried <b>nothing</b>" * 10}})
    time.sleep(0.3)
"""),
    forging("seen-in-a-flood", """
while True:
    say({"dict": {"seen": {"array": ["<f8", 3, 6]}}}, ZEROS)
"""),
    forging("drop-by-drop", """
for byte in message(RAN) + message(answer(), ZEROS) * 5:
    os.write(pipe, bytes([byte]))
    time.sleep(0.05)
""", ends=("judged", "unfinished")),
    forging("never-reads", """
say(RAN)
say(RAN)
for _ in range(1000):
    say(answer(problem="raised", text="no"))
time.sleep(1000)
"""),
    Attack("never-reads-large-requests", {"rnn_step": PRELUDE + PIPE + """
for _ in range(400):
    say(RAN)
time.sleep(1000)
""" + GUESS}, edit=lambda notebook: notebook["cells"].extend(
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": f"readout = {k}"}
        for k in range(300)), upmost=True, ends=("judged", "unfinished")),
    forging("hidden-change", """
worker = sys.modules["sandbox.worker"]
worker.perform = lambda *a: __import__("rnnkit.calls").calls.Answer(outputs={"h_next": np.zeros((3, 6))}, changed=())
"""),
    Attack("restarts-for-ever", {"rnn_step": PRELUDE + PIPE + "os._exit(0)\n" + HONEST["rnn_step"],
                                 "rnn_forward": PRELUDE + PIPE + "say(RAN)\nos._exit(0)\n" + HONEST["rnn_forward"],
                                 "readout": HONEST["readout"]}, earns={"readout": 3}, upmost=True),
]
