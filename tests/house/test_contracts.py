"""Each import contract is kept by the tree, and turns red when somebody breaks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.places import ROOT

LINT = "from importlinter.cli import lint_imports_command as lint; lint()"
FLOORS = "Calls go down: an import points to a lower floor"
ROOMS = "Inside an app, calls go down as well"
OCPP = "Only the bridge (and the simulator) speaks OCPP"
STRIPE = "Only the provider module speaks Stripe"
PURE = "What is hard is pure: no framework, no database, no network"
OUTSIDE = "The simulator shares nothing with the server"
INSIDE = "The server knows neither the simulator nor the embedded servers"

VIOLATIONS = [
    (FLOORS, "core/planted.py", "import accounts.models"),
    (FLOORS, "accounts/planted.py", "import stations.facts"),
    (FLOORS, "stations/planted.py", "import ocpp_bridge.frames"),
    (FLOORS, "payments/planted.py", "import scheduling.models"),
    (FLOORS, "scheduling/planted.py", "import config.wiring"),
    (FLOORS, "ocpp_bridge/planted.py", "import demo.models"),
    (ROOMS, "stations/services/planted.py", "import stations.views"),
    (ROOMS, "payments/models/planted.py", "import payments.services"),
    (ROOMS, "payments/rating/planted.py", "import payments.states\nimport payments.models"),
    (ROOMS, "scheduling/selectors/planted.py", "import scheduling.services"),
    (OCPP, "stations/planted.py", "from ocpp.v16 import call"),
    (OCPP, "demo/planted.py", "import ocpp"),
    (STRIPE, "payments/services/planted.py", "import stripe"),
    (STRIPE, "simulator/stripe/planted.py", "import stripe"),
    (PURE, "payments/rating/planted.py", "import django.db"),
    (PURE, "scheduling/allocation/planted.py", "from core import models"),
    (OUTSIDE, "simulator/stations/planted.py", "import stations.facts"),
    (OUTSIDE, "simulator/stations/planted.py", "import django"),
    (INSIDE, "ocpp_bridge/planted.py", "import simulator.stations"),
    (INSIDE, "core/planted.py", "import embedded.postgres"),
]


def lint(tree: Path) -> dict[str, str]:
    """The verdict ("KEPT" or "BROKEN") on each contract by its name."""
    told = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=tree, capture_output=True, text=True
    )
    verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)\b", told.stdout, re.MULTILINE)
    assert verdicts, told.stdout + told.stderr
    assert (told.returncode == 0) == all(verdict == "KEPT" for _, verdict in verdicts)
    return dict(verdicts)


def packages() -> list[str]:
    listed = re.search(r"root_packages =\n((?:    \w+\n)+)", (ROOT / ".importlinter").read_text())
    assert listed
    return listed.group(1).split()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / ".importlinter", copy)
    for package in packages():
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_every_package_of_the_tree_is_under_contract():
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert found == set(packages())


def test_the_tree_keeps_every_contract(tree):
    verdicts = lint(tree)
    assert set(verdicts) == {FLOORS, ROOMS, OCPP, STRIPE, PURE, OUTSIDE, INSIDE}
    assert {name for name, verdict in verdicts.items() if verdict == "BROKEN"} == set()


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_a_planted_violation_turns_its_contract_red(tree, contract, file, line):
    planted = tree / file
    planted.write_text(f"{line}\n")
    try:
        assert lint(tree)[contract] == "BROKEN"
    finally:
        planted.unlink()
