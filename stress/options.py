"""What a person says on the command line. Secrets may stand in the environment, where no process list shows them."""

import argparse
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stress.schedule import USUAL_MIX, Plan, read_mix
from stress.traffic import Mix, Secrets

_ROLES = {"service", "admin"}
_OTHER_ROLES = {"capture", "ops"}
_RATE, _RAMP, _SECONDS, _BAD = 50, 10, 60, 3


@dataclass(frozen=True, slots=True)
class Options:
    url: str
    key: str
    plan: Plan
    mix: Mix
    secrets: Secrets
    connections: int
    patience: float
    seed: int
    p99: float | None
    html: Path | None
    as_json: bool
    yes_real_data: bool


def read_options(arguments: Sequence[str]) -> Options:
    """Read them; what is wrong ends the program with a line that says so (exit code 2)."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not given.key:
        parser.error("a key is missing: --key service:…, or STRESS_KEY in the environment")
    if given.ramp > given.duration:
        parser.error("the ramp is longer than the whole run: raise --duration or lower --ramp")
    return Options(
        url=given.url.rstrip("/"),
        key=given.key,
        plan=Plan(given.rate, given.ramp, given.duration),
        mix=Mix(given.mix, given.bad / 100),
        secrets=Secrets(given.stripe_secret or None, given.partner),
        connections=given.connections,
        patience=given.deadline,
        seed=given.seed,
        p99=given.p99,
        html=given.html,
        as_json=given.json,
        yes_real_data=given.yes_real_data,
    )


def _parser() -> argparse.ArgumentParser:
    env = os.environ
    parser = argparse.ArgumentParser(prog="python -m stress", description="Put a realistic load on a server.")
    add = parser.add_argument
    add("--url", required=True, type=_url, help="of the server, like http://127.0.0.1:8000")
    add("--key", type=_key, default=env.get("STRESS_KEY", ""), help="service:…; default: STRESS_KEY")
    add("--rate", type=_positive, default=_RATE, help=f"requests a second at full load (default {_RATE})")
    add("--ramp", type=_seconds, default=_RAMP, help=f"seconds until it is full (default {_RAMP})")
    add("--duration", type=_positive, default=_SECONDS, help=f"seconds, the ramp included (default {_SECONDS})")
    add("--mix", type=_mix, default=USUAL_MIX, help=f"parts of each kind (default {USUAL_MIX})")
    add("--bad", type=_percent, default=_BAD, help=f"percent that have to be refused (default {_BAD})")
    add("--stripe-secret", default=env.get("STRESS_STRIPE_SECRET"), help="whsec_…; default: STRESS_STRIPE_SECRET")
    add("--partner", type=_partner, default=env.get("STRESS_PARTNER") or None, metavar="NAME:SECRET",
        help="signs /webhooks/partners/NAME; default: STRESS_PARTNER")  # fmt: skip
    add("--connections", type=_whole, default=100, help="at most so many at once (default 100)")
    add("--deadline", type=_positive, default=10, help="seconds after which an answer is a timeout (default 10)")
    add("--seed", type=int, default=random.randrange(10**6), help="repeats what is sent, with other addresses")
    add("--p99", type=_positive, metavar="MS", help="exit with 1 when the 99th percentile of all is above")
    add("--json", action="store_true", help="print JSON")
    add("--html", type=Path, metavar="FILE", help="write a page, too")
    add("--yes-real-data", action="store_true", help="also where it may be production")
    return parser


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("write it like http://127.0.0.1:8000")
    return text


def _key(text: str) -> str:
    role, _, key = text.partition(":")
    if role in _OTHER_ROLES and key:
        raise argparse.ArgumentTypeError(f"a key of the role service is needed, not {role}")
    return key if role in _ROLES else text


def _partner(text: str) -> tuple[str, str]:
    name, _, secret = text.partition(":")
    if not (name and secret.startswith("whsec_")):
        raise argparse.ArgumentTypeError("write it like acme:whsec_…")
    return name, secret


def _mix(text: str) -> Mapping[str, float]:
    try:
        return read_mix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> float:
    if not 0 <= (value := float(text)) <= 10**6:
        raise argparse.ArgumentTypeError("write a number that is not negative")
    return value


def _positive(text: str) -> float:
    if (value := _seconds(text)) == 0:
        raise argparse.ArgumentTypeError("write a number above 0")
    return value


def _percent(text: str) -> float:
    if (value := _seconds(text)) > 100:
        raise argparse.ArgumentTypeError("write a number from 0 to 100")
    return value


def _whole(text: str) -> int:
    return max(1, int(text))
