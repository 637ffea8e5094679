"""`make show-NAME`: show what an issue promises; the figures come last, as one line of JSON."""

import json
import sys
from importlib import import_module

SHOWS = (
    "vectors",
    "vci",
    "others",
    "browser",
    "pages",
    "fuzz",
    "cold-start",
    "bulk",
    "kills",
    "hl7",
    "api",
    "matching",
    "doors",
    "rights",
    "links",
    "messages",
    "histories",
    "story",
)


def main(name: str) -> int:
    if name not in SHOWS:
        print(f"No such show. There are: {', '.join(SHOWS)}", file=sys.stderr)
        return 2
    figures, shown = import_module(f"tests.shows.{name.replace('-', '_')}").show()
    print(json.dumps({"show": name, "shown": shown} | figures))
    return 0 if shown else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
