"""What runs at GitHub is what runs here: make commands, on every Python that is supported."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from tests.helpers import spread

ROOT = Path(__file__).parents[1]
WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")}
TARGETS = set(re.findall(r"^([a-z-]+):.*  ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_tests_site_and_release_have_a_workflow_each():
    assert set(WORKFLOWS) == {"tests", "site", "release"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_runs_make_targets_that_exist_and_nothing_else(name):
    commands = re.findall(r"\brun: *(.*)", WORKFLOWS[name])
    assert commands
    for command in commands:
        tool, target = command.split()
        assert tool == "make"
        assert target in TARGETS


def test_the_tests_run_on_every_python_of_the_classifiers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    (matrix,) = re.findall(r"python-version: (\[.*\])", WORKFLOWS["tests"])
    assert json.loads(matrix) == supported
    assert project["requires-python"] == f">={supported[0]}"


# A tag can be moved to other code, a commit cannot.
@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_action_is_named_by_its_commit_with_the_version_beside_it(name):
    actions = re.findall(r"\buses: (?!\./)(.*)", WORKFLOWS[name])
    assert actions
    for action in actions:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_only_the_job_that_publishes_can_speak_to_pypi():
    before, publish = WORKFLOWS["release"].split("  publish:\n")
    assert "id-token" not in before
    assert "needs: [tests, build]" in publish
    assert "run:" not in publish


def test_the_newest_versions_are_looked_at_in_every_run():
    run = (ROOT / ".ci/run").read_text()
    assert run.index("make test\n") < run.index("make test-newest")
    assert "newest=$(scripts/newest-python) ||" in run
    paths = re.findall(r"\btests/[\w/.]+", run)
    assert {"tests/surrogate/contract", "tests/neurons", "tests/checking"} < set(paths)
    assert all((ROOT / path).exists() for path in paths)


def test_a_look_at_everything_has_of_every_test_some_parameters():
    tests = [f"{name}[{k}]" for name in "abcdefgh" for k in range(20)] + ["plain"]
    kept = spread(tests, 2)
    assert len(kept) == 2 * 8 + 1
    assert {test.partition("[")[0] for test in kept} == {*"abcdefgh", "plain"}
    assert {test[1:] for test in kept if test[0] == "a"} != {t[1:] for t in kept if t[0] == "b"}
    assert spread(tests, 20) == set(tests)
