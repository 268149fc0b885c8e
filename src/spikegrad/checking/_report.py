"""What a check has found: graded findings, and what the surrogate's gradient is like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

GRADES = ("error", "warning", "note")


class Finding(NamedTuple):
    """One thing that was found.

    Attributes:
        name: of the check that found it, such as `"gradient-is-derivative"`.
        grade: `"error"` for what makes training wrong or stops it, `"warning"` for what one would
            want to know first, `"note"` for what is fine either way.
        found: what was found, with its numbers.
        advice: what to do about it.
        x: the place of the worst of it, where there is one.
    """

    name: str
    grade: str
    found: str
    advice: str
    x: float | None = None


def error(found: str, advice: str, x: float | None = None) -> Finding:
    """A finding that the check which yields it gives its name to."""
    return Finding("", "error", found, advice, x)


def warning(found: str, advice: str, x: float | None = None) -> Finding:
    """A finding that the check which yields it gives its name to."""
    return Finding("", "warning", found, advice, x)


def note(found: str, advice: str = "Nothing to do.", x: float | None = None) -> Finding:
    """A finding that the check which yields it gives its name to."""
    return Finding("", "note", found, advice, x)


@dataclass(frozen=True)
class Report:
    """All that a check has found; printed, a line a finding.

    Attributes:
        surrogate: what was checked, as its `repr`.
        findings: errors first, then warnings, then notes.
        passed: the names of the checks that found neither an error nor a warning.
        skipped: the names of the checks that could not be made, because of an error that another
            one has reported.
        facts: `peak`, `area`, `half_width`, `support` and `tail` as of `Surrogate.facts`;
            `symmetric`; `limits`, between which the relaxation goes (None for a side that does not
            settle); `ulp`, the largest error of each method in each dtype, in units in the last
            place. Without those that could not be had.
    """

    surrogate: str
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    skipped: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.of("error")

    def of(self, grade: str) -> tuple[Finding, ...]:
        """The findings of a grade.

        Raises:
            ValueError: there is no such grade.
        """
        if grade not in GRADES:
            raise ValueError(f"grade has to be one of {', '.join(GRADES)}, but got {grade!r}.")
        return tuple(finding for finding in self.findings if finding.grade == grade)

    @property
    def summary(self) -> str:
        """How many findings there are of each grade, in words."""
        counts = Counter(finding.grade for finding in self.findings)
        found = (f"{counts[g]} {g}{'s' if counts[g] != 1 else ''}" for g in GRADES)
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"{', '.join(found)}; {len(self.passed)} checks passed{skipped}"

    def __str__(self) -> str:
        lines = [f"{self.surrogate}: {self.summary}"]
        lines += (f"  {f.grade:7} {f.name}: {f.found} {f.advice}" for f in self.findings)
        return "\n".join(lines)

    def __repr__(self) -> str:
        # What pytest shows of `assert check(...).ok`, in a line.
        named = [f"{f.grade} {f.name}" for f in self.findings if f.grade != "note"]
        return f"<Report on {self.surrogate}: {', '.join(named) or 'nothing wrong'}>"
