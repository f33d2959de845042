"""How hard a page is to read."""

import html
import re

import textstat


def reading_age_of(page: str) -> float:
    """The Automated Readability Index of the words in <main>: a school grade."""
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    assert main
    sentences = re.sub(r"</(p|li|h1|h2)>", ". ", main[0])
    return textstat.automated_readability_index(html.unescape(re.sub(r"<[^>]+>", " ", sentences)))  # pyrefly: ignore
