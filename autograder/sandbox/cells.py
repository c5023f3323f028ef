"""Notebook cells without a kernel: run in this process, their outputs kept."""

import builtins
import contextlib
import io
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograder.sandbox.shown import decisive, size_of

Output = dict[str, Any]


class Outputs(list[Output]):
    """What a cell shows, up to `room` characters; the rest is let go, and said."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def show(self, output: Output) -> None:
        """Keep an output if there is room for it, or if a grade may hang on it."""
        size = size_of(output)
        if size <= self._room:
            self.append(output)
        elif kept := decisive(output, self):
            self.append(kept)
        elif self._room > 0:
            self.append(stream("stdout", "\n(more was printed than is kept)\n"))
        self._room -= size

    def write(self, name: str, text: str) -> None:
        """Keep text of a stream, joined to what the stream wrote last."""
        kept = text[: max(0, self._room)]
        if kept and self and self[-1].get("name") == name:
            self._room -= len(text)
            self[-1]["text"].append(kept)
        elif kept:
            self._room -= len(text)
            self.append({**stream(name, ""), "text": [kept]})


def stream(name: str, text: str) -> Output:
    """A notebook's record of text on stdout or stderr."""
    return {"output_type": "stream", "name": name, "text": text}


class _Stream(io.TextIOBase):
    def __init__(self, name: str, outputs: Outputs) -> None:
        self._name, self._outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._outputs.write(self._name, str(text))
        return len(text)


class _Hook(DisplayHook):
    """Keeps the value of a cell's last expression as the cell's result."""

    def write_output_prompt(self) -> None:
        """A notebook has none."""

    shell: Any

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Keep it."""
        result = {"output_type": "execute_result", "execution_count": None}
        data = dict(format_dict)
        self.shell.outputs.show({**result, "data": data, "metadata": dict(md_dict or {})})


class _Publisher(DisplayPublisher):
    """Keeps what `display` is given."""

    shell: Any

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        """Keep it."""
        about = {"output_type": "display_data", "metadata": dict(metadata or {})}
        self.shell.outputs.show({**about, "data": dict(data)})

    def clear_output(self, wait: bool = False) -> None:
        """Forget what was shown so far."""
        self.shell.outputs.clear()


class Shell(InteractiveShell):
    """IPython, with what a cell shows kept in `outputs`. Make it before the fork: it takes time."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        super().__init__(config=config, displayhook_class=_Hook, display_pub_class=_Publisher)
        self.outputs = Outputs(0)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        lines = stb.splitlines() if isinstance(stb, str) else list(stb)
        about = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue)}
        self.outputs.show({**about, "traceback": lines})

    def enable_gui(self, gui: Any = None) -> None:
        """Nothing to do: figures are shown inline."""

    def run(self, source: str, room: int) -> list[Output]:
        """Run a cell; what it shows, at most about `room` characters. It may not ask for input."""
        self.outputs = outputs = Outputs(room)
        builtins.input = _no_input
        out, err = _Stream("stdout", outputs), _Stream("stderr", outputs)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.run_cell(source, store_history=False)
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        return list(outputs)


def _no_input(*_: object) -> str:
    raise EOFError("input() has nobody to ask while a notebook is graded")
