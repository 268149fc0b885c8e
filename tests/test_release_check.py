"""make release-check refuses what must not be released; what it installs it tries by itself."""

import runpy
import shutil
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECK = runpy.run_path(str(ROOT / "scripts/release_check.py"))
DIST_INFO = f"spikegrad-{CHECK['PROJECT']['version']}.dist-info/"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return CHECK["build"](tmp_path_factory.mktemp("dist"))


def rewritten(wheel, folder, *, without="", extra=""):
    """The same wheel without a file, or with one more."""
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(folder / wheel.name, "w") as new:
        for name in old.namelist():
            if name != without:
                new.writestr(name, old.read(name))
        if extra:
            new.writestr(extra, "")
    return folder / wheel.name


def test_sdist_and_wheel_hold_the_package_with_its_types_and_nothing_else(built):
    for archive in built:
        CHECK["look_inside"](archive)


@pytest.mark.parametrize(
    "name",
    [
        "spikegrad/py.typed",
        "spikegrad/surrogate/functional.pyi",
        "spikegrad/surrogate/__init__.py",
        f"{DIST_INFO}licenses/LICENSE",
    ],
)
def test_a_wheel_that_lacks_a_file_is_refused(built, tmp_path, name):
    wheel = rewritten(built[1], tmp_path, without=name)
    with pytest.raises(SystemExit, match=f"lacks {name}"):
        CHECK["look_inside"](wheel)


def test_a_wheel_with_tests_in_it_is_refused(built, tmp_path):
    wheel = rewritten(built[1], tmp_path, extra="tests/golden/spyx.json")
    with pytest.raises(SystemExit, match=r"holds what does not belong there: tests/golden/spyx"):
        CHECK["look_inside"](wheel)


def test_an_archive_that_is_too_large_is_refused(built, monkeypatch):
    monkeypatch.setitem(CHECK["look_inside"].__globals__, "MOST_BYTES", 1000)
    with pytest.raises(SystemExit, match="more than the 1000 that are allowed"):
        CHECK["look_inside"](built[0])


def test_metadata_that_the_registry_would_refuse_is_refused(built, tmp_path):
    wheel = rewritten(built[1], tmp_path, without=f"{DIST_INFO}METADATA")
    with zipfile.ZipFile(wheel, "a") as opened:
        opened.writestr(f"{DIST_INFO}METADATA", "Metadata-Version: 2.4\nName: spikegrad\n")
    with pytest.raises(SystemExit, match=r"the metadata of spikegrad-.* is not valid: .*version"):
        CHECK["look_inside"](wheel)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A checkout with the files that name the version, to be spoilt."""
    for name in CHECK["VERSION"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setitem(CHECK["check_version"].__globals__, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", CHECK["VERSION"])
def test_a_version_that_one_file_has_otherwise_is_refused(elsewhere, name):
    version = CHECK["PROJECT"]["version"]
    text = (elsewhere / name).read_text()
    (elsewhere / name).write_text(text.replace(version, "9.9.9"))
    with pytest.raises(SystemExit, match=rf"not the same everywhere: .*{name} 9\.9\.9"):
        CHECK["check_version"]("")


def test_a_tag_of_another_version_is_refused():
    with pytest.raises(SystemExit, match=r"the tag is v9\.9\.9, but that of version"):
        CHECK["check_version"]("v9.9.9")


def test_a_tag_is_refused_until_the_changelog_gives_its_entries_a_version(elsewhere):
    tag = f"v{CHECK['PROJECT']['version']}"
    changelog = elsewhere / "CHANGELOG.md"
    head, _, released = changelog.read_text().partition("## [Unreleased]\n")
    released = released[released.index("## [") :]
    changelog.write_text(f"{head}## [Unreleased]\n\n### Added\n\n- A shape.\n\n{released}")
    with pytest.raises(SystemExit, match=r"CHANGELOG\.md has entries under Unreleased"):
        CHECK["check_version"](tag)
    changelog.write_text(f"{head}## [Unreleased]\n\n{released}")
    assert f"v{CHECK['check_version'](tag)}" == tag
