"""Read a Containerfile, and say in shell what its steps do, for a root that is no container.

What is known are the instructions of ours; another one is refused, as nobody would run it.

References
----------
* Dockerfile reference, https://docs.docker.com/reference/dockerfile/
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import ROOT

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
_DONE_BY_WHO_STARTS_IT = {
    *("ARG", "FROM", "USER", "WORKDIR", "VOLUME", "EXPOSE"),
    *("HEALTHCHECK", "ENTRYPOINT", "CMD"),
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """A step: its word in capitals, and all that stands behind it in one line."""

    word: str
    text: str

    @property
    def list(self) -> list[str]:
        """The words of an instruction in JSON form, such as those behind ``CMD``."""
        return [str(each) for each in json.loads(self.text[self.text.index("[") :])]


def read(path: Path = CONTAINERFILE) -> list[Instruction]:
    """Return the instructions in their order, without comments."""
    lines = path.read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text)
    found = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(word.upper(), rest.strip()) for word, _, rest in found]


def last(instructions: Iterable[Instruction], word: str) -> Instruction:
    """Return the instruction that counts, of those with one word."""
    return [each for each in instructions if each.word == word][-1]


def environment(instructions: Iterable[Instruction]) -> dict[str, str]:
    """Return the variables that commands of the image have."""
    told = (shlex.split(each.text) for each in instructions if each.word == "ENV")
    pairs = (word.partition("=") for words in told for word in words)
    return {name: value for name, _, value in pairs}


def as_shell(instructions: Iterable[Instruction], context: str) -> str:
    """Return the steps that make the image, as a script for ``sh`` in a root of its own.

    Parameters
    ----------
    context
        Folder, in that root, of which files are copied. What one stage copies from another lies
        where it should already, as the root is the same.
    """
    return "\n".join(["set -e", *_steps(instructions, context)])


def _steps(instructions: Iterable[Instruction], context: str) -> Iterator[str]:
    for each in instructions:
        if each.word == "RUN":
            yield f"(cd / && {each.text})"
        elif each.word == "ENV":
            yield f"export {each.text}"
        elif each.word == "COPY" and not each.text.startswith("--from="):
            *sources, target = each.text.split()
            yield from (_copy(context, source, target) for source in sources)
        elif each.word not in {*_DONE_BY_WHO_STARTS_IT, "COPY"}:
            raise ValueError(f"nobody here knows what {each.word} does")


def _copy(context: str, source: str, target: str) -> str:
    """Return what copies one source: of a folder its content, of a file itself (COPY)."""
    place = f"{context}/{source}"
    folder = target if target.endswith("/") else str(Path(target).parent)
    return (
        f"if [ -d {place} ]; then mkdir -p {target} && cp -r {place}/. {target}; "
        f"else mkdir -p {folder} && cp {place} {target}; fi"
    )
