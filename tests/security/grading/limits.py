"""Cells that end the process or take too much of something; MARK stands for a process's name."""

# The task's cell ends its process, at once or when it is called. (text, what the report says)
DEADLY = {
    "os._exit in the cell": ("import os\nos._exit(0)", ""),
    "os._exit in a call": ("import os\ndef double(x, out):\n    os._exit(0)", "exit code 0"),
    "sys.exit": ("import sys\ndef double(x, out):\n    sys.exit()", "SystemExit"),
    "a segmentation fault": (
        "import ctypes\ndef double(x, out):\n    ctypes.string_at(0)",
        "SIGSEGV",
    ),
    "an abort": ("import os\ndef double(x, out):\n    os.abort()", "the process died of"),
    "a stack that ends": (
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class Deep:\n    def __repr__(self):\n        return repr(self)\n"
        "def double(x, out):\n    repr(Deep())",
        "",
    ),
    "endless Python": ("def double(x, out):\n    while True:\n        pass", "2 s of CPU time"),
    "endless in the cell": ("while True:\n    pass", ""),
    "swallowed interrupts": (
        "import signal\nfor number in range(1, 60):\n    try:\n"
        "        signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        "        pass\ndef double(x, out):\n    while True:\n        try:\n"
        "            while True:\n                pass\n        except BaseException:\n"
        "            pass",
        "2 s of CPU time",
    ),
    "an endless compiled loop": (
        "import numba\n@numba.njit\ndef double(x, out):\n    i = 0\n    while i >= 0:\n"
        "        i = (i + 1) % 1000\n        out[0] = i",
        "2 s of CPU time",
    ),
    "sleep": (
        "import time\ndef double(x, out):\n    time.sleep(1000)",
        "within 4 s",
    ),
    "stopped": (
        "import os, signal\ndef double(x, out):\n    os.kill(os.getpid(), signal.SIGSTOP)",
        "",
    ),
    "out of memory": (
        "def double(x, out):\n    out[:] = np.ones(10**9)[0]",
        "",
    ),
    "a little memory at a time": (
        "def double(x, out):\n    kept = []\n    while True:\n        kept.append(bytes(10**6))",
        "",
    ),
    "a hundred children of much memory": (
        "import os\ndef double(x, out):\n    for _ in range(100):\n        if os.fork() == 0:\n"
        "            kept = bytearray(10**8)\n            os._exit(0)\n    out[:] = x",
        "",
    ),
    "input()": ("def double(x, out):\n    out[:] = float(input('? '))", "EOFError"),
    "standard input": ("import sys\ndef double(x, out):\n    out[:] = float(sys.stdin.read())", ""),
    "a fork bomb": (
        "import os\ndef double(x, out):\n    while True:\n        try:\n            os.fork()\n"
        "        except OSError:\n            pass",
        "",
    ),
    "a bomb of threads": (
        "import threading, time\ndef double(x, out):\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(1000,)).start()",
        "",
    ),
    "a full disk": (
        "def double(x, out):\n    for i in range(100):\n"
        "        open(f'/tmp/{i}', 'wb').write(bytes(10**7))\n    out[:] = 2 * x",
        "No space left",
    ),
    "files without end": (
        "import os\ndef double(x, out):\n    kept = [open('/dev/null') for _ in range(10**6)]",
        "Too many open files",
    ),
    "another program": (
        "import subprocess\ndef double(x, out):\n    out[:] = 2 * x\n"
        "    subprocess.run(['/bin/true'])",
        "PermissionError",
    ),
    "a socket out": (
        "import socket\ndef double(x, out):\n    out[:] = 2 * x\n"
        "    socket.create_connection(('1.1.1.1', 53), timeout=1)",
        "",
    ),
}
# The cell works, but says too much: it is cut, and costs nothing.
CHATTER = {
    "100 MB at once": "print('x' * 10**8)",
    "100 MB in lines": "import sys\nfor _ in range(10**4):\n    sys.stdout.write('x' * 10**4)",
    "100 MB of displays": "from IPython.display import HTML, display\nfor _ in range(100):\n"
    "    display(HTML('x' * 10**6))",
    "100 MB past Python": "import os\nfor _ in range(1000):\n    os.write(1, bytes(10**5))",
    "a traceback of 100 MB": "try:\n    raise ValueError('x' * 10**8)\n"
    "except ValueError:\n    get_ipython().showtraceback()",
    "half a character": "print('\\ud800'); print('\\x00\\x1b[31m')",
}
# Something of the learner's goes on after the call.
DAEMONS = {
    "a daemon": """
import ctypes, os, time
def double(x, out):
    out[:] = 2 * x
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        if os.fork():
            os._exit(0)
        ctypes.CDLL(None).prctl(15, b"MARK")
        for fd in range(60):
            try:
                os.close(fd)
            except OSError:
                pass
        time.sleep(1000)
""",
    "a daemon thread": """
import ctypes, threading, time
def work():
    ctypes.CDLL(None).prctl(15, b"MARK")
    while True:
        time.sleep(0.01)
def double(x, out):
    out[:] = 2 * x
    threading.Thread(target=work, daemon=True).start()
""",
    "a server": """
import ctypes, os, socket
def double(x, out):
    out[:] = 2 * x
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, b"MARK")
        socket.create_server(("127.0.0.1", 0)).accept()
""",
}
