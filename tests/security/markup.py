"""What a learner may put into a notebook so that the feedback page acts. Each sets window.hacked,
asks another host, or covers the page."""

import base64
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

DOES = "window.hacked=1"
SCRIPT = f"<script>{DOES}</script>"
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{DOES}">{SCRIPT}<text>t</text></svg>'
_IN_URL = base64.b64encode(_SVG.encode()).decode()

# Nobody but the page's own author may have these anywhere.
HTML = [
    SCRIPT,
    f"<scr<script></script>ipt>{DOES}</script>",
    f'<img src="x" onerror="{DOES}">',
    f"<img/src=`x`onerror={DOES}>",
    f'<a id="go" href="javascript:{DOES}">go</a>',
    f'<a id="go" href=" jav&#x09;ascript:{DOES}">go</a>',
    f'<a href="data:text/html,{SCRIPT}">go</a>',
    f'<iframe srcdoc="<script>parent.{DOES}</script>"></iframe>',
    f'<iframe src="javascript:parent.{DOES}"></iframe>',
    _SVG,
    f'<svg><animate onbegin="{DOES}" attributeName="x" dur="1s"></animate></svg>',
    f'<img src="data:image/svg+xml;base64,{_IN_URL}">',
    f"<details open ontoggle={DOES}><summary>s</summary></details>",
    f"<video><source onerror={DOES} src=x></video>",
    f'<object data="data:text/html,{SCRIPT}"></object>',
    f"<math><mtext><table><mglyph><style><!--</style>"
    f'<img title="--&gt;&lt;img src=1 onerror={DOES}&gt;">',
    f'<noscript><p title="</noscript><img src=x onerror={DOES}>"></noscript>',
    f"</pre></div></main></body></html>{SCRIPT}",
    f"<!--><img src=x onerror={DOES}>-->",
    f"<textarea><img title='</textarea><img src=x onerror={DOES}>'>",
    f"<input autofocus onfocus={DOES}>",
    '<img src="https://other.example/dot.png">',
    '<img src="//other.example/dot.png">',
    '<img srcset="https://other.example/dot.png 2x" src="data:image/png;base64,AAAA">',
    "<style>@import url(https://other.example/s.css); body {display: none}</style>",
    '<div style="background: url(https://other.example/b.png)">b</div>',
    '<div style="position: fixed; inset: 0; background-color: white">36 of 36 points</div>',
    '<div style="margin: -2000px 0 0 0; background-color: white">36 of 36 points</div>',
    '<ul style="list-style: url(https://other.example/l.png)"><li>l</li></ul>',
    '<link rel="stylesheet" href="https://other.example/x.css">',
    '<meta http-equiv="refresh" content="0; url=https://other.example/">',
    '<base href="https://other.example/">',
    '<form action="https://other.example/"><button autofocus>Log in</button></form>',
]
MARKDOWN = [
    *HTML,
    f"[go](javascript:{DOES})",
    f"![x](x\" onerror=\"{DOES})",
    f'`<img src=x onerror="{DOES}">`',
    f"<div markdown=1>\n\n<img src=x onerror={DOES}>\n\n</div>",
    "![evil](attachment:evil.png)",
    f"$</span><img src=x onerror={DOES}>$",
    f"```{SCRIPT}\ncode\n```",
]  # fmt: skip


def outputs() -> list[Any]:
    """Every form in which code can put something out."""
    data = [{"text/html": html} for html in HTML]
    data += [{"text/markdown": text} for text in MARKDOWN]
    data += [{"text/latex": html} for html in HTML[:4]]
    data += [
        {"application/javascript": DOES, "text/plain": "js"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": f'"{SCRIPT}'}, "text/plain": "w"},
        {"image/svg+xml": _SVG},
        {"image/png": f'AAAA"><img src=x onerror={DOES}>'},
        {"image/jpeg": f"AAAA' onerror='{DOES}"},
        {"text/plain": SCRIPT},
    ]
    made = [new_output("display_data", one) for one in data]
    width = {"image/png": {"width": f'1" onerror="{DOES}', "height": f"1 onerror={DOES}"}}
    made.append(new_output("display_data", {"image/png": "AAAA"}, metadata=width))
    made.append(new_output("execute_result", {"text/plain": SCRIPT}, execution_count=1))
    made += [new_output("stream", name=name, text=SCRIPT) for name in ("stdout", "stderr")]
    made.append(new_output("stream", name=f'x">{SCRIPT}', text="x"))
    made.append(new_output("error", ename=SCRIPT, evalue=SCRIPT, traceback=[f"\x1b[31m{SCRIPT}"]))
    return made


def plant(notebook: Any) -> None:
    """Put all of it into a notebook, in place: what nbconvert's own validation lets through."""
    for text in MARKDOWN:
        notebook.cells.append(new_markdown_cell(text))
        if "attachment:" in text:
            image = f'AAAA" onerror="{DOES}'
            notebook.cells[-1]["attachments"] = {"evil.png": {"image/png": image}}
    notebook.cells.append(new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html"}))
    notebook.cells.append(new_raw_cell(SCRIPT))
    cell = new_code_cell(f"print('{SCRIPT}')")
    cell.outputs = outputs()
    cell.metadata = {"tags": [f'"{SCRIPT}'], "magics_language": f'"{SCRIPT}'}
    notebook.cells.append(cell)
    notebook.metadata.title = f"</title>{SCRIPT}"
    notebook.metadata.language_info = {"name": f'python"{SCRIPT}', "pygments_lexer": "python"}
    notebook.metadata.widgets = {SCRIPT: SCRIPT}
