"""The page on publishing, command for command: wheels, one index, pip, and what can go wrong with two packages.

One environment and one set of wheels serve all tests; each begins by asking pip for the state that it needs.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import zipfile

import pytest
from fake_server import FakeServer
from publishing import Desk, Page, PublicIndex, environment, fetch, free_port, provider, wheel
from workspace import CORE, ROOT

STRANGER = "99.0.0"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("publishing")


@pytest.fixture(scope="module")
def python(place):
    return environment(place / "environment")


@pytest.fixture(scope="module")
def public(place, python):
    """The public index: jackfield, all that it needs, and a stranger's package of our name."""
    (place / "public wheels").mkdir()
    fetch(python, place / "public wheels", f"{wheel(CORE.folder, place)}[cli]", "flit_core")
    wheel(provider(place, STRANGER), place / "public wheels")
    with PublicIndex(place / "public", (place / "public wheels").iterdir()) as index:
        yield index


@pytest.fixture(scope="module")
def page(public):
    """The page with addresses of this machine: what pip uses on it today is the public index."""
    replaced = {"8000": str(free_port()), "https://index.example/simple": public.url}
    return Page(ROOT / "docs" / "authors" / "publishing.md", replaced)


@pytest.fixture(scope="module")
def desk(place, python, public, page):
    """The desk of an author who has built version 1.0.0 as the page says, and serves it as the page says."""
    desk = Desk(place, python, public.url)
    source = provider(place, "1.0.0")
    for command in page.commands("Build the wheel"):
        desk.run(command, folder=source)
    (source / "wheels").rename(place / "wheels")
    wheel(provider(place, "2.0.0", "acme-labs"), place / "wheels")
    [script] = page.blocks("python notest", "Without an index server")
    (place / "index.py").write_text(script, encoding="utf-8")
    [serve] = page.commands("Without an index server")
    with desk.serving(serve) as address:
        desk.address = address
        yield desk


@pytest.fixture(scope="module")
def acme(desk):
    """The server that the provider talks to, and the variables that say where it is."""
    with FakeServer() as server:
        desk.variables |= {"ACME_API_BASE": server.url, "ACME_API_KEY": "a-key"}
        yield server


def ours(desk):
    """What is installed of what claims the name "acme"."""
    return {name: version for name, version in desk.installed().items() if name in {"jackfield-acme", "acme-labs"}}


@pytest.fixture
def installed(desk, page, acme):
    """Version 1.0.0, installed as the page says, alone of its name."""
    if ours(desk) != {"jackfield-acme": "1.0.0"}:
        desk.run("python -m pip uninstall --yes --quiet jackfield-acme acme-labs")
        desk.run(page.commands("Install")[0])


def answer(desk, page, **variables):
    """What the page's own call prints."""
    [call] = page.blocks("python notest", "Install")
    return desk.try_to("python", "-c", call, **variables)


ANSWERED = (0, "Hello!\n", "")

# ------------------------------------------------------------------------------------------------ as the page tells it


def test_the_wheel_is_named_as_the_page_says_and_holds_the_provider(desk):
    with zipfile.ZipFile(desk.folder / "wheels" / "jackfield_acme-1.0.0-py3-none-any.whl") as files:
        metadata = files.read("jackfield_acme-1.0.0.dist-info/METADATA").decode()
        points = files.read("jackfield_acme-1.0.0.dist-info/entry_points.txt").decode()
        assert "jackfield_acme/py.typed" in files.namelist()
    assert re.search(r"^Requires-Dist: jackfield\b.*<1", metadata, re.MULTILINE)
    assert "[jackfield.providers]\nacme=jackfield_acme" in points


def test_a_colleague_installs_sees_and_calls_it(desk, page, acme):
    """With the page's commands and nothing else, in an environment that has pip alone."""
    if "jackfield" in desk.installed():
        desk.run("python -m pip uninstall --yes --quiet jackfield jackfield-acme acme-labs")
    install, look = page.commands("Install")
    desk.run(install)
    [shown] = page.blocks("text", "Install")
    assert lines(desk.run(look)) == lines(shown)
    assert answer(desk, page) == ANSWERED
    path, headers, _ = acme.requests[-1]
    assert (path, headers["x-acme-key"]) == ("/chat", "a-key")


def lines(text):
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.fixture
def next_version(desk):
    """Version 1.1.0 in the folder that is served."""
    published = wheel(provider(desk.folder, "1.1.0"), desk.folder / "wheels")
    yield
    published.unlink()


@pytest.mark.usefixtures("installed", "next_version")
def test_the_next_version_comes_when_it_is_asked_for_and_goes_again(desk, page):
    install, _ = page.commands("Install")
    upgrade, downgrade = page.commands("The next version, and back")
    for command, version in ((install, "1.0.0"), (upgrade, "1.1.0"), (downgrade, "1.0.0")):
        desk.run(command)
        assert ours(desk) == {"jackfield-acme": version}
        assert answer(desk, page) == ANSWERED


@pytest.mark.usefixtures("installed")
def test_a_second_package_of_the_name_is_an_error_that_names_both(desk, page):
    desk.run(f"python -m pip install --index-url {desk.address} acme-labs")
    status, _, errors = answer(desk, page)
    [shown] = page.blocks("text", "Two packages, one name")
    assert status == 1
    assert parts(errors.strip().splitlines()[-1].partition("Error: ")[2]) == parts(shown)
    table = desk.run("jackfield providers")
    assert re.search(r"^acme +jackfield-acme +1\.0\.0 +conflict with acme-labs 2\.0\.0$", table, re.MULTILINE)
    assert re.search(r"^acme +acme-labs +2\.0\.0 +conflict with jackfield-acme 1\.0\.0$", table, re.MULTILINE)
    assert answer(desk, page, JACKFIELD_DISABLE_PLUGINS="acme-labs") == ANSWERED
    desk.run("python -m pip uninstall --yes acme-labs")
    assert answer(desk, page) == ANSWERED


def parts(message):
    """The message without the order in which two packages were found, which is the file system's."""
    owners = set(re.findall(r"[\w-]+ [\d.]+ \(\w+\)", message))
    name = re.search(r"pip uninstall ([\w-]+)", message)[1]
    return owners, re.sub(rf"claimed by .*;|{name}", "", message.strip())


# -------------------------------------------------------------------------------------------------------- why one index


def offered(desk, *options):
    """The version of our package that pip would install."""
    asked = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", "jackfield-acme"]
    status, output, errors = desk.try_to("python", "-m", "pip", *asked, *options)
    assert not status, errors
    [package] = json.loads(output)["install"]
    return package["metadata"]["version"]


def test_a_stranger_s_package_of_our_name_wins_whichever_index_is_the_extra_one(desk, public):
    assert offered(desk, "--index-url", desk.address, "--extra-index-url", public.url) == STRANGER
    assert offered(desk, "--index-url", public.url, "--extra-index-url", desk.address) == STRANGER


def test_it_is_not_even_looked_for_where_our_index_is_the_only_one(desk, public):
    public.asked.clear()
    assert offered(desk, "--index-url", desk.address) == "1.0.0"
    wanted = f"jackfield-acme=={STRANGER}"
    status, _, errors = desk.try_to("python", "-m", "pip", "download", "--index-url", desk.address, wanted)
    assert (status, public.asked) == (1, [])
    assert "No matching distribution found" in errors


def test_every_other_name_is_the_public_index_s(desk, public):
    public.asked.clear()
    desk.run(f"python -m pip download --no-deps --dest other --index-url {desk.address} pluggy")
    assert public.asked == ["pluggy"]


def test_an_index_with_copies_of_all_that_is_asked_for_needs_no_public_one(desk, page, place):
    own = place / "copies" / "wheels"
    own.mkdir(parents=True)
    shutil.copy(place / "wheels" / "jackfield_acme-1.0.0-py3-none-any.whl", own)
    [download] = page.commands("Without the public index")
    desk.run(download, folder=own.parent)
    install, _ = page.commands("Install")
    with PublicIndex(place / "copies", own.iterdir()) as index:
        options = ("--dry-run", "--ignore-installed", "--quiet", "--report", "-")
        status, output, errors = desk.try_to(*shlex.split(install.replace(desk.address, index.url)), *options)
    assert not status, errors
    installed = {each["metadata"]["name"]: each["metadata"]["version"] for each in json.loads(output)["install"]}
    assert installed["jackfield-acme"] == "1.0.0"
    assert {"jackfield", "click", "httpx"} <= installed.keys()
    assert index.asked
