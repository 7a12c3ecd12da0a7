"""Several ducts or fillings told apart by words only, and words where no clock orders them."""

from dataclasses import replace

from corpus.exposures import MAGNIFIED, POST, PRE, fillings, halves, labelled, pick, same, scouts
from corpus.scene import COMMENT, UNDETERMINABLE, Plan, Setting, Shot

# The first duct's filling, and the second's.
DUCTS = {
    "en": ("DUCT 1 CONTRAST|DUCT 2 CONTRAST", "1st duct injected|2nd duct injected"),
    "de": ("Gang 1 KM|Gang 2 KM", "1. Gang gefüllt|2. Gang gefüllt"),
    "fr": ("canal 1 injection|canal 2 injection",),
    "es": ("conducto 1 contraste|conducto 2 contraste",),
    "it": ("dotto 1 mdc|dotto 2 mdc",),
}
# The first duct's filling, and the second's failure.
HALF_DONE = {
    "en": ("duct 1 filled|duct 2 not filled", "1st duct injected|unable to inject 2nd duct"),
    "de": ("Gang 1 gefüllt|kein KM in Gang 2",),
    "fr": ("canal 1 injecté|échec canal 2",),
    "it": ("dotto 1 opacizzato|dotto 2 non incannulato",),
}
AGAIN = {
    "en": ("inj 1|inj 2", "first injection|repeat injection"),
    "de": ("1. KM-Gabe|2. KM-Gabe",),
    "fr": ("injection 1|injection 2",),
    "it": ("iniezione 1|iniezione 2",),
}
# A plain view for the second duct, with the first one's contrast still in the breast.
SCOUTS = {
    "en": ("duct 2 scout", "scout before 2nd duct"),
    "de": ("Leeraufnahme vor 2. Gang",),
    "fr": ("à blanc avant 2e canal",),
}


def _two(setting: Setting, texts: str, phases: tuple[str, str], topic: str) -> Plan:
    """Make plain views and two groups of later ones, each group with its comment."""
    one, other = texts.split("|")
    return Plan(
        topic=topic,
        study_text=setting.exam_name(),
        shots=scouts(setting)
        + same(fillings(setting, phases[0], first=12.0), {COMMENT: one})
        + same(fillings(setting, phases[1], first=34.0), {COMMENT: other}),
    )


def two_ducts_in_words(setting: Setting) -> Plan:
    """Fill two ducts, and name the duct and the contrast on each: both groups are filled."""
    return _two(setting, pick(setting, DUCTS), (POST, POST), "two ducts in words")


def second_duct_failed(setting: Setting) -> Plan:
    """Fill one duct and fail in the other.

    The first group is filled. Of the second nobody can say whether the first duct still is.
    """
    phases = (POST, UNDETERMINABLE)
    return _two(setting, pick(setting, HALF_DONE), phases, "second duct failed")


def filled_twice_in_words(setting: Setting) -> Plan:
    """Fill one duct twice and number the injections."""
    return _two(setting, pick(setting, AGAIN), (POST, POST), "filled twice in words")


def scout_of_second_duct(setting: Setting) -> Plan:
    """Expose a plain view for the second duct, and name it so: it is before that filling."""
    return _between_fillings(setting, PRE, pick(setting, SCOUTS), "scout of the second duct")


def scout_again(setting: Setting) -> Plan:
    """Call a view between two fillings RESCOUT: plain, or with the first contrast still in it."""
    return _between_fillings(setting, UNDETERMINABLE, "RESCOUT", "scout again")


def _between_fillings(setting: Setting, phase: str, text: str, topic: str) -> Plan:
    say = setting.words.after[0]
    return Plan(
        topic=topic,
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *labelled(setting, fillings(setting, first=10.0), say),
            Shot(phase=phase, minute=30.0, texts={COMMENT: text}),
            *labelled(setting, fillings(setting, first=36.0), say),
        ],
    )


def words_without_order(setting: Setting) -> Plan:
    """Take clocks and numbers away: who is named as filled is, of the others nobody can say."""
    say = setting.words.after[0]
    shots = halves(setting, after=say, phases=(UNDETERMINABLE, POST))
    return Plan(
        topic="words, no order",
        study_text=setting.exam_name(),
        changes={"instance_number": None},
        shots=[replace(shot, minute=None) for shot in shots],
    )


def one_clock_missing(setting: Setting) -> Plan:
    """Lose the clock of one plain view; all halves say in full what they are."""
    first, second, *filled = halves(setting, setting.words.before[0], setting.words.after[0])
    return Plan(
        topic="one clock missing",
        study_text=setting.exam_name(),
        shots=[first, replace(second, minute=None), *filled],
    )


def drained(setting: Setting) -> Plan:
    """Expose once more after the contrast was expressed: after the filling, yet maybe empty."""
    say = setting.words.after[0]
    late = Shot(minute=48.0, modifiers=MAGNIFIED)
    return Plan(
        topic="drained",
        study_text=setting.exam_name(),
        shots=[
            *scouts(setting),
            *labelled(setting, fillings(setting, first=12.0), say),
            late,
        ],
    )
