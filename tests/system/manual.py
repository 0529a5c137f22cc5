"""The manual pages' examples, as a reader would copy them."""
import pathlib
import re

PAGES = pathlib.Path(__file__).resolve().parents[2] / "man"


class Example:
    """A display of a page: its text, the section that it stands in, and its number among the page's displays."""

    def __init__(self, page, section, number, text):
        self.page, self.section, self.number, self.text = page, section, number, text

    def __repr__(self):
        return f"{self.page}, {self.section}, display {self.number}: {self.text.splitlines()[0]}"


def plain(line):
    """A line of mdoc's source as it is shown."""
    for escape, shown in (("\\e", "\\"), ("\\&", ""), ("\\-", "-"), ("\\(ti", "~"), ("\\(ha", "^"), ("\\(dq", '"')):
        line = line.replace(escape, shown)
    return line


def source_text(block):
    """The lines of a display without mdoc's macros."""
    return "".join(plain(line) + "\n" for line in block.splitlines() if not re.match(r"[.'][A-Z]", line))


def examples(page):
    """The literal displays of a page, such as "tapctl.1". One-line displays in a row are one."""
    section, found, shown = "", [], r"^\.S[hs] (.*)$|^\.Bd -literal.*\n(?s:(.*?))^\.Ed$|^((?:\.Dl .*\n)+)"
    for match in re.finditer(shown, (PAGES / page).read_text(), re.M):
        if match[1]:
            section = match[1]
        else:
            text = match[2] if match[2] is not None else match[3].replace(".Dl ", "")
            found.append(Example(page, section, len(found) + 1, source_text(text)))
    return found


def pages():
    return sorted(path.name for path in PAGES.glob("*.[1-8]"))
