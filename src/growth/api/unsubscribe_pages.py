"""The pages behind the link in a mail: plain HTML in the reader's language, without a script and without a name."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Final

from growth.domain.kernel.country import Country

_STYLE = """
:root { color-scheme: light }
body { margin: 0; padding: 2rem 1rem; background: #f4f4f6; color: #1c1c21; font: 1.125rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: #fff; border: 1px solid #c9c9d1;
  border-radius: 8px }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25 }
p, form { margin: 0 0 1.5rem }
p:last-child { margin: 0; color: #4a4a55 }
button { padding: .75rem 1.5rem; font: inherit; font-weight: 600; color: #fff; background: #0b4a8f;
  border: 2px solid #0b4a8f; border-radius: 6px; cursor: pointer }
button:hover { background: #083866 }
button:focus-visible { outline: 3px solid #1c1c21; outline-offset: 3px }
"""
_PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")
# It posts to where it stands: the token is in the address only, never in the page.
_FORM = Template("""<p>$question</p>
<form method="post"><button type="submit">$button</button></form>
<p>$note</p>""")
_MESSAGE = Template("""<p>$message</p>
<p>$note</p>""")

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class _Words:
    """`ask`, `done`, `wrong`: the title and the text of a page; `still`: what goes on being sent."""

    button: str
    ask: tuple[str, str]
    done: tuple[str, str]
    wrong: tuple[str, str]
    still: str
    late: str
    help: str


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        button="Unsubscribe",
        ask=("Unsubscribe from our marketing emails", "Do you want to stop receiving marketing emails from us?"),
        done=("You are unsubscribed", "We will not send you marketing emails any more."),
        wrong=("This link does not work", "It is incomplete, or a newer email has replaced it. Nothing was changed."),
        still="You will still get messages about your requests and your contracts.",
        late="An email that is on its way already may still arrive.",
        help="Please use the unsubscribe link in the latest email that you got from us, or reply to that email.",
    ),
    "fr": _Words(
        button="Me désabonner",
        ask=("Se désabonner de nos e-mails commerciaux", "Voulez-vous ne plus recevoir nos e-mails commerciaux\u00a0?"),
        done=("Votre désabonnement est enregistré", "Nous ne vous enverrons plus d'e-mails commerciaux."),
        wrong=(
            "Ce lien ne fonctionne pas",
            "Il est incomplet, ou un e-mail plus récent l'a remplacé. Rien n'a été modifié.",
        ),
        still="Vous recevrez toujours les messages qui concernent vos demandes et vos contrats.",
        late="Un e-mail déjà parti peut encore vous parvenir.",
        help="Utilisez le lien de désabonnement du dernier e-mail reçu de notre part, ou répondez à cet e-mail.",
    ),
    "nl": _Words(
        button="Uitschrijven",
        ask=("Uitschrijven voor onze commerciële e-mails", "Wilt u geen commerciële e-mails meer van ons ontvangen?"),
        done=("U bent uitgeschreven", "Wij sturen u geen commerciële e-mails meer."),
        wrong=(
            "Deze link werkt niet",
            "De link is onvolledig of door een recentere e-mail vervangen. Er is niets gewijzigd.",
        ),
        still="Berichten over uw aanvragen en contracten blijft u ontvangen.",
        late="Een e-mail die al onderweg is, kan nog aankomen.",
        help="Gebruik de uitschrijflink in de laatste e-mail die u van ons kreeg, of beantwoord die e-mail.",
    ),
    "es": _Words(
        button="Darme de baja",
        ask=(
            "Darse de baja de nuestros correos comerciales",
            "¿Quiere dejar de recibir nuestros correos comerciales?",
        ),
        done=("Se ha dado de baja", "Ya no le enviaremos correos comerciales."),
        wrong=(
            "Este enlace no funciona",
            "Está incompleto o un correo más reciente lo ha sustituido. No se ha cambiado nada.",
        ),
        still="Seguirá recibiendo los mensajes sobre sus solicitudes y sus contratos.",
        late="Es posible que aún le llegue algún correo que ya esté en camino.",
        help="Use el enlace de baja del último correo que le hayamos enviado, o responda a ese correo.",
    ),
}
# Those in which we write to people there; the first one unless the browser asks for another of them.
_LANGUAGES: Mapping[Country | None, Sequence[str]] = {
    Country.FR: ("fr",),
    Country.BE: ("nl", "fr"),
    Country.ES: ("es",),
    None: ("en", "fr", "nl", "es"),
}
_MOST_WISHES = 20


def asking(language: str) -> str:
    """Return the page with the one button."""
    words = _WORDS[language]
    title, question = words.ask
    return _page(language, title, _FORM, question=question, button=words.button, note=words.still)


def confirming(language: str) -> str:
    """Return the page for whoever is unsubscribed now, or was before."""
    words = _WORDS[language]
    title, message = words.done
    return _page(language, title, _MESSAGE, message=message, note=f"{words.late} {words.still}")


def regretting(language: str) -> str:
    """Return the page for a link that is nobody's, or nobody's any more: they are not told apart."""
    words = _WORDS[language]
    title, message = words.wrong
    return _page(language, title, _MESSAGE, message=message, note=words.help)


def language_for(country: Country | None, accept_language: str) -> str:
    """Return the language that the browser likes best of those that are ours in the country (None: unknown)."""
    ours = _LANGUAGES[country]
    wishes = [_wish(part) for part in accept_language.split(",")[:_MOST_WISHES]]
    liked = {language: quality for language, quality in reversed(wishes) if quality > 0}
    return max(ours, key=lambda language: liked.get(language, 0))


def _wish(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    try:
        quality = float(parameter.partition("=")[2] or 1)
    except ValueError:
        quality = 0.0
    return tag.strip().lower().partition("-")[0], quality


def _page(language: str, title: str, content: Template, **texts: str) -> str:
    filled = content.substitute({name: escape(text) for name, text in texts.items()})
    return _PAGE.substitute(language=language, title=escape(title), style=_STYLE, content=filled)
