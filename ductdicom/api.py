"""The steps as plain functions over immutable values.

>>> studies = scan(["export"]).parts                     # doctest: +SKIP
>>> call = classify(studies[0].study)                    # doctest: +SKIP
>>> pages = render(call, pair(call))                     # doctest: +SKIP
"""

from collections.abc import Sequence
from os import PathLike, fspath

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.ingest.inputs import check_inputs
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.outcome import FileReference
from ductdicom.model.result import Report
from ductdicom.model.study import ImageCall, Pairing, Study, StudyCall
from ductdicom.pairing.rows import pair_study
from ductdicom.pipeline.drawing.tiles import prepare_tiles
from ductdicom.pipeline.fingerprints import Fingerprints
from ductdicom.pipeline.gather import Gathered, gather
from ductdicom.pipeline.run import organise as run_organise
from ductdicom.settings import Settings
from ductdicom.sheet.page import Page, SheetOptions
from ductdicom.sheet.pages.compose import compose
from ductdicom.vocabulary.terms import load_vocabulary


def scan(inputs: Sequence[str | PathLike[str]], *, follow_links: bool = False) -> Gathered:
    """Read all headers below the inputs and group them into studies; nothing is decided.

    Parameters
    ----------
    follow_links
        Whether symbolic links that lead to no place below an input are followed, too.

    Raises
    ------
    UsageError
        An input is not there.
    """
    found = scan_inputs(_named(inputs), follow_links=follow_links)
    kept = [item for item in found if not isinstance(item, FileReference)]
    return gather(kept, Fingerprints(kept).of)


def classify(study: Study, engine: Engine | None = None) -> StudyCall:
    """Decide what a study is, and of each image its kind, side, view, phase and injection.

    Parameters
    ----------
    engine
        Vocabulary, limits, rules and decisions; the built-in ones where None is given.
    """
    return classify_study(study, engine or Engine(vocabulary=load_vocabulary(), rules=RULES))


def pair(call: StudyCall, priors: Sequence[ImageCall] = ()) -> Pairing:
    """Lay a study's images out in rows, and say of each other why it stands in none."""
    return pair_study(call, priors)


def render(
    call: StudyCall, pairing: Pairing, options: SheetOptions | None = None
) -> tuple[Page, ...]:
    """Read the pixels of the images to be shown and lay the study out on pages."""
    options = options or SheetOptions()
    return compose(call, pairing, prepare_tiles(call, pairing, options), options)


def organise(inputs: Sequence[str | PathLike[str]], settings: Settings) -> Report:
    """Do the main job: read, decide, draw, write ``settings.output``, account for every input.

    With ``settings.jobs`` 1 all is done in this process; more are worker processes, which import
    the main module anew: guard it with ``if __name__ == "__main__"``.

    Raises
    ------
    UsageError, NothingReadableError, OutputError
        Nothing can go on; what concerns one input or one study is in the report.
    """
    return run_organise(_named(inputs), settings, in_process=True)


def _named(inputs: Sequence[str | PathLike[str]]) -> list[str]:
    names = [fspath(item) for item in inputs]
    check_inputs(names)
    return names
