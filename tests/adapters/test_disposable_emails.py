import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder
from structlog.testing import capture_logs

from growth.adapters import disposable_emails
from growth.adapters.disposable_emails import disposable_domains
from growth.domain.kernel.person import Email
from growth.domain.referrals.business_rules.suspicion import is_disposable

ROOT = Path(__file__).parents[2]
FOLDER = Path(disposable_emails.__file__).parent


def test_our_list_is_read_whole():
    domains = disposable_domains()
    assert domains == set((FOLDER / "blocklist.conf").read_text().split())
    assert len(domains) == 8_335


def test_our_list_knows_throw_away_addresses_and_no_provider():
    domains = disposable_domains()
    assert is_disposable(Email("x@eu.mailinator.com"), domains)
    providers = "gmail.com outlook.com orange.fr free.fr laposte.net skynet.be telefonica.net proton.me icloud.com"
    assert not [it for it in providers.split() if is_disposable(Email(f"x@{it}"), domains)]


def test_a_list_of_ones_own(tmp_path):
    path = tmp_path / "list.conf"
    path.write_bytes("\ufeffMailinator.COM \r\n# mine\r\n\r\n  tmp.example\r\nno domain\r\n".encode())
    with capture_logs() as logs:
        assert disposable_domains(path) == {"mailinator.com", "tmp.example"}
    assert logs == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\n \n# nothing yet\n", id="only comments"),
        pytest.param(b"<!doctype html>\n<p>404: Not Found</p>\n", id="a page instead of a list"),
        pytest.param(b"mailinator.com\n\xff\xfe\x00", id="not UTF-8"),
    ],
)
def test_no_list_is_told(tmp_path, content):
    path = tmp_path / "list.conf"
    if content is not None:
        path.write_bytes(content)
    with capture_logs() as logs:
        assert disposable_domains(path) is None
    assert [(log["event"], log["log_level"]) for log in logs] == [("disposable_list_missing", "warning")]
    assert logs[0]["path"] == str(path)


def test_a_folder_is_no_list(tmp_path):
    with capture_logs() as logs:
        assert disposable_domains(tmp_path) is None
    assert [log["reason"] for log in logs] == ["IsADirectoryError"]


def test_the_wheel_carries_the_list_and_its_licence(tmp_path):
    """Only what the build needs is copied; the rest of the tree is somebody else's test."""
    package = tmp_path / "src" / "growth"
    shutil.copytree(FOLDER, package / "adapters" / "disposable_emails", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    for folder in ("migrations", "examples"):
        (tmp_path / folder).mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    (wheel,) = WheelBuilder(str(tmp_path)).build(directory=str(tmp_path / "dist"), versions=["standard"])
    with ZipFile(wheel) as archive:
        files = {Path(name).name for name in archive.namelist() if "growth/adapters/disposable_emails/" in name}
    assert files == {"__init__.py", "blocklist.conf", "LICENSE"}
