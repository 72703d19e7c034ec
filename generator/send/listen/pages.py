"""The few pages that a client sees who follows a link of a letter; one file each, no scripts.

They look like the theme's, whose colours these are. Nothing of a request stands in them but a
number from 0 to 10 and a yes or no that were understood first.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape

from generator.send.listen.words import WORDS, Words, language_of

STYLE = """
:root{color-scheme:light dark;--bg:#f4f6f8;--card:#fff;--text:#1a2330;--muted:#546173;
--line:#d9dfe6;--accent:#0b5c8a;--on:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#10161d;--card:#19222c;--text:#e8edf3;
--muted:#a5b2c1;--line:#4a5a6b;--accent:#7cc4f0;--on:#0c1721}}
*{box-sizing:border-box}
body{align-content:center;background:var(--bg);color:var(--text);display:grid;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
grid-template-columns:minmax(0,30rem);justify-content:center;margin:0;min-height:100vh;
overflow-wrap:anywhere;padding:1rem}
main{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.5rem}
.site{color:var(--accent);font-weight:600;margin:0 0 1rem}
h1,legend{font-size:1.35rem;font-weight:700;line-height:1.25;margin:0;padding:0;text-wrap:balance}
p{margin:.75rem 0 0}
.hint{color:var(--muted)}
form{margin:0}
fieldset{border:0;margin:0;min-width:0;padding:0}
.choices{display:grid;gap:.4rem;grid-template-columns:repeat(6,1fr);margin-top:1rem}
.two{grid-template-columns:1fr 1fr}
label{align-items:center;border:1px solid var(--line);border-radius:10px;cursor:pointer;
display:flex;font-weight:600;justify-content:center;min-height:3rem;position:relative}
label input{appearance:none;border-radius:9px;cursor:pointer;inset:0;margin:0;position:absolute}
label:has(:checked){background:var(--accent);border-color:var(--accent);color:var(--on)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button{background:var(--accent);border:1px solid var(--accent);border-radius:10px;color:var(--on);
cursor:pointer;font:inherit;font-weight:600;margin-top:1.25rem;min-height:3rem;padding:.6rem 1rem;
width:100%}
@media (forced-colors:active){label:has(:checked){outline:3px solid Highlight}}
"""
HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The page may do nothing but look as it does and send its own form."""
ONE_CLICK = "List-Unsubscribe", "One-Click"
"""What a mail program sends by itself (RFC 8058, 3.1), and the button, too."""
VOTES = range(11)


class Pages:
    """The pages of a site, in the languages that it speaks; the first is for who wishes none."""

    def __init__(self, site: str, languages: tuple[str, ...] = ("ru", "en")) -> None:
        self._site, self._languages = site, languages

    def leave(self, wish: str) -> str:
        """Asks whether to unsubscribe; ``wish`` is the browser's Accept-Language, here as below."""
        words = self._words(wish)
        name, value = ONE_CLICK
        form = (
            f'<h1>{words.leave}</h1><p class="hint">{words.leave_hint}</p><form method="post">'
            f'<input type="hidden" name="{name}" value="{value}">'
            f"<button>{words.leave_button}</button></form>"
        )
        return self._page(wish, words.leave, form)

    def left(self, wish: str) -> str:
        """Says that nothing more will come."""
        words = self._words(wish)
        return self._told(wish, words.left, words.left_hint)

    def vote(self, wish: str, chosen: int) -> str:
        """Asks for a number; that of the link is chosen."""
        words = self._words(wish)
        choices = "".join(_choice(str(one), str(one), is_chosen=one == chosen) for one in VOTES)
        return self._page(wish, words.vote, _question(words, words.vote, words.vote_hint, choices))

    def liked(self, wish: str, *, yes: bool) -> str:
        """Asks whether the letter was liked; the answer of the link is chosen."""
        words = self._words(wish)
        choices = _choice("yes", words.yes, is_chosen=yes)
        choices += _choice("no", words.no, is_chosen=not yes)
        return self._page(wish, words.liked, _question(words, words.liked, "", choices))

    def thanks(self, wish: str) -> str:
        """Says that the answer is recorded."""
        words = self._words(wish)
        return self._told(wish, words.thanks, words.thanks_hint)

    def missing(self, wish: str) -> str:
        """Says that the link is none."""
        words = self._words(wish)
        return self._told(wish, words.missing, words.missing_hint)

    def failed(self, wish: str) -> str:
        """Says that it is to be tried again."""
        words = self._words(wish)
        return self._told(wish, words.failed, words.failed_hint)

    def _words(self, wish: str) -> Words:
        return WORDS[language_of(wish, self._languages)]

    def _told(self, wish: str, title: str, hint: str) -> str:
        return self._page(wish, title, f'<h1>{title}</h1><p class="hint">{hint}</p>')

    def _page(self, wish: str, title: str, body: str) -> str:
        site = escape(self._site)
        return (
            f'<!doctype html><html lang="{language_of(wish, self._languages)}"><head>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<meta name="robots" content="noindex"><title>{title} — {site}</title>'
            f'<style>{STYLE}</style></head><body><main><p class="site">{site}</p>{body}</main>'
            "</body></html>"
        )


def _question(words: Words, title: str, hint: str, choices: str) -> str:
    shown = f'<p class="hint">{hint}</p>' if hint else ""
    kind = "choices" if hint else "choices two"
    return (
        f'<form method="post"><fieldset><legend><h1>{title}</h1></legend>{shown}'
        f'<div class="{kind}">{choices}</div></fieldset><button>{words.send}</button></form>'
    )


def _choice(value: str, shown: str, *, is_chosen: bool) -> str:
    checked = " checked" if is_chosen else ""
    return f'<label><input type="radio" name="value" value="{value}"{checked}>{shown}</label>'
