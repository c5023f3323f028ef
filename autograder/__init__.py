"""The instructor's side: build, verify and grade a course."""

import sys

# Where this package is, jsonschema makes 39 parsers of international web addresses when it is
# imported, which takes a second or more. No notebook's schema asks for one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
