"""What a learner may write to learn how hidden checks ask.

COURSE stands for the course's folder on the host.
"""

# Whatever they find of the hidden checks they print: `tell` shows where the hidden word stands.
_TELL = """
import re
def tell(*found):
    for text in map(str, found):
        for match in list(re.finditer("[a]-word-that-only-hidden", text))[:2]:
            print(text[max(0, match.start() - 60) : match.end() + 60])
"""
SPIES = {
    name: _TELL + text + "\ndouble(None, None)\n"
    for name, text in {
        "frames": """
import sys
def double(x, out):
    frame = sys._getframe()
    while frame:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            tell(value)
        tell(frame.f_code.co_consts)
        frame = frame.f_back
""",
        "linecache": """
import linecache
def double(x, out):
    tell(*linecache.cache.values())
""",
        "all objects": """
import gc
def double(x, out):
    for one in gc.get_objects():
        if type(one) in (dict, list, tuple) and len(one) < 1000:
            tell(*(item for item in (one.values() if type(one) is dict else one)
                   if type(item) is str))
        elif hasattr(one, "__code__"):
            tell(one.__doc__, one.__code__.co_consts)
""",
        "/proc": """
import glob
def double(x, out):
    for path in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/fd/*"):
        try:
            tell(open(path, "rb").read(1 << 20))
        except OSError:
            pass
""",
        "memory": """
def double(x, out):
    for line in (line for line in open("/proc/self/maps") if "rw-p" in line):
        begin, end = (int(n, 16) for n in line.split()[0].split("-"))
        try:
            with open("/proc/self/mem", "rb") as memory:
                memory.seek(begin)
                at = memory.read(min(end - begin, 1 << 26))
        except (OSError, ValueError, OverflowError):
            continue
        for found in re.finditer(b"[a]-word-that-only-hidden", at):
            print(at[found.start() - 20 : found.end() + 20])
""",
        "files": """
import os
def double(x, out):
    for root in ("/tmp", "/work", "/home", "/root", "/var", "/dev/shm", "COURSE", os.getcwd()):
        for folder, _, names in os.walk(root):
            for name in names if "site-packages" not in folder else []:
                try:
                    tell(open(os.path.join(folder, name), "rb").read(1 << 20))
                except OSError:
                    pass
""",
        "the environment": """
import os, sys
def double(x, out):
    tell(dict(os.environ), sys.argv, sys.path)
""",
    }.items()
}
# What puts the word where each spy looks, so that a test may see that it would be found.
PLANTED = """
import linecache, os
planted = "-".join(["a-word", "that-only-hidden", "checks-know"])
linecache.cache["checks.py"] = (9, None, [planted], "checks.py")
kept = [planted]
os.environ["PLANTED"] = planted
open("planted.txt", "w").write(planted)
held = open("planted.txt")
"""

# They show what they were called with, in every way that a report knows.
TELLTALES = {
    "an exception": "def double(x, out):\n    raise ValueError(f'SEEN {x[:2]}')",
    "what is printed": "def double(x, out):\n    print('SEEN', x[:2])",
    "a reason that is made up": "from hpclab.checks.work import CheckFailed\n"
    "def double(x, out):\n    raise CheckFailed('SEEN', 'SEEN', 'SEEN', f'SEEN {x[:2]}')",
    "a busy machine that is made up": "from hpclab.checks.work import Inconclusive\n"
    "from autograder.sandbox.learner import Learner\n"
    "Learner._verb = lambda self, order: {'inconclusive': 'SEEN'}",
    "an end that is made up": "from autograder.sandbox.learner import Learner\n"
    "Learner._verb = lambda self, order: {'failed': {'got': 'SEEN', 'expected': 'SEEN', "
    "'why': 'SEEN'}, 'printed': 'SEEN'}",
}
