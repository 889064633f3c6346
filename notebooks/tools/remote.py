"""Finds what a page would load from elsewhere. Links that a reader may follow load nothing."""

import html.parser
import re


class _Parser(html.parser.HTMLParser):
    loads = {"src", "srcset", "poster", "data", "background", "xlink:href"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag, attrs):
        self.in_style = tag == "style"
        for name, value in attrs:
            value = (value or "").strip()
            if name in self.loads or (name == "href" and tag in ("link", "image", "use", "base")):
                self.note(tag, value)
            elif name == "style":
                self.css(value)

    def handle_endtag(self, tag):
        self.in_style = False

    def handle_data(self, data):
        if self.in_style:
            self.css(data)

    def css(self, text):
        for m in re.finditer(r"""url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3""", text):
            self.note("style", (m.group(2) or m.group(4) or "").strip())

    def note(self, where, address):
        if address and not address.startswith(("data:", "blob:", "#", "javascript:")):
            self.found.append(f"<{where}> loads {address[:100]}")


def loads(page: str) -> list[str]:
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return parser.found
