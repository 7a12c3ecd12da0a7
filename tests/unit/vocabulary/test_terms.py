import os
from collections import defaultdict
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest

from ductdicom.errors import RulesError
from ductdicom.language.lexicon import phrase_tokens
from ductdicom.model.call import Strength
from ductdicom.vocabulary.folding import fold, spellings
from ductdicom.vocabulary.tables import RuleSetting
from ductdicom.vocabulary.terms import load_vocabulary

LANGUAGES = {
    *("ar", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hu"),
    *("id", "is", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk"),
    *("sr", "sv", "th", "tr", "uk", "zh"),
}

# Languages of which few texts were seen: their words of findings and remarks are from memory.
FROM_MEMORY = {"ar", "ca", "et", "fa", "he", "id", "is", "lt", "lv", "sr", "th"}


def load(tmp_path, text, name="rules.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_vocabulary(path)


def refusal(tmp_path, text):
    with pytest.raises(RulesError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_there_are_words_of_every_language():
    languages = {term.language for term in load_vocabulary().terms}

    assert languages - {"common", "agents"} == LANGUAGES


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("role", ["ductography", "contrast", "left", "right", "neutral"])
def test_each_language_has_the_roles_that_matter(language, role):
    assert load_vocabulary().phrases(role, language)


def test_a_word_from_memory_plays_a_part_and_is_no_word_of_another_language():
    terms = load_vocabulary().terms
    known = {(term.phrase, term.language) for term in terms if term.role != "unconfirmed"}
    languages = defaultdict(set)
    for term in terms:
        languages[fold(term.phrase)].add(term.language)

    for phrase, language in {
        (term.phrase, term.language) for term in terms if term.role == "unconfirmed"
    }:
        assert (phrase, language) in known
        assert languages[fold(phrase)] == {language}


@pytest.mark.parametrize("language", sorted(FROM_MEMORY))
@pytest.mark.parametrize("role", ["finding", "remark", "place", "harmless"])
def test_a_remark_from_memory_is_marked(language, role):
    vocabulary = load_vocabulary()

    assert set(vocabulary.phrases(role, language)) <= set(
        vocabulary.phrases("unconfirmed", language)
    )


def test_a_vocabulary_crosses_process_borders():
    vocabulary = load_vocabulary()

    copy = ForkingPickler.loads(ForkingPickler.dumps(vocabulary))

    assert copy == vocabulary
    assert hash(copy) == hash(vocabulary)
    assert copy.terms == vocabulary.terms


def test_the_built_in_vocabulary_is_read_once():
    assert load_vocabulary() is load_vocabulary()


def test_no_phrase_has_two_opposite_meanings():
    roles = defaultdict(set)
    for term in load_vocabulary().terms:
        for spelling in spellings(term.phrase):
            roles[phrase_tokens(spelling)].add(term.role)

    for tokens, found in roles.items():
        for opposites in (
            {"pre", "post"},
            {"pre", "post_weak"},
            {"pre_weak", "post"},
            {"before", "after"},
            {"without", "with"},
            {"left", "right"},
            {"pre_behind", "post_behind"},
            {"pre", "both"},
            {"post", "both"},
        ):
            assert not opposites <= found, tokens


def test_test_objects_are_known_by_name():
    assert {"PHANTOM", "CDMAM", "QC"} <= load_vocabulary().phantom_names


def test_an_overlay_adds_and_removes_words(tmp_path):
    vocabulary = load(
        tmp_path, '[add.en]\npost = ["dye on board"]\n[remove.common]\npre_weak = ["scout*"]\n'
    )

    assert "dye on board" in vocabulary.phrases("post", "en")
    assert "scout*" not in vocabulary.phrases("pre_weak")
    assert vocabulary != load_vocabulary()


def test_an_overlay_adds_agents_and_kinds(tmp_path):
    vocabulary = load(
        tmp_path,
        '[add.agents.agent]\npositive = ["Acmeray*"]\n[add.de.kind]\nspecimen = ["Resektat"]\n',
    )

    assert "Acmeray*" in vocabulary.phrases("agent.positive")
    assert "Resektat" in vocabulary.phrases("kind.specimen", "de")


def test_an_overlay_sets_rules_and_numbers(tmp_path):
    vocabulary = load(
        tmp_path,
        '[rules."contrast-agent"]\nenabled = false\n[rules.text-image]\nstrength = "hint"\n'
        "[thresholds]\ngap_minutes = 10\n",
    )

    assert vocabulary.rule_settings == {
        "contrast-agent": RuleSetting(name="contrast-agent", is_enabled=False),
        "text-image": RuleSetting(name="text-image", strength=Strength.HINT),
    }
    assert vocabulary.thresholds == {"gap_minutes": 10.0}


def test_an_empty_overlay_changes_nothing_but_is_another_vocabulary(tmp_path):
    vocabulary = load(tmp_path, "")

    assert vocabulary.terms == load_vocabulary().terms
    assert vocabulary.rule_settings == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[ad.de]\npre = ['x']\n", ["line 1", "'ad'", "'add'"], id="table"),
        pytest.param("\n[add.dd]\npre = ['x']\n", ["line 2", "'dd'"], id="language"),
        pytest.param("[add.de]\n\nprre = ['x']\n", ["line 3", "'prre'", "'pre'"], id="role"),
        pytest.param("[add.de]\npre = 'x'\n", ["line 2", "list of strings"], id="no list"),
        pytest.param("[add.de]\npre = [1]\n", ["line 2", "1 in pre"], id="no string"),
        pytest.param("[add.de]\npre = [' ']\n", ["line 2", "no phrase"], id="empty phrase"),
        pytest.param("[add]\nde = ['x']\n", ["line 2", "must be a table"], id="language no table"),
        pytest.param("add = 3\n", ["line 1", "must be a table"], id="add no table"),
        pytest.param("[add.de]\npre = [\n", ["line", "TOML"], id="syntax at the end"),
        pytest.param("[add.de]\npre = ['x'\npost = 3\n", ["line 3", "TOML"], id="syntax"),
        pytest.param(
            "[add.de]\npre = ['mKM']\n", ["line 2", "both pre and post", "remove"], id="opposites"
        ),
        pytest.param(
            "[add.en]\npost = ['scout']\n",
            ["line 2", "both post and pre_weak"],
            id="the opposite of a stem of all languages",
        ),
        pytest.param(
            "[add.en]\npost = ['pre contrast']\n",
            ["line 2", "both post and before"],
            id="the opposite of a marker and its noun",
        ),
        pytest.param(
            "[add.de]\npre = ['nach KM']\n", ["line 2", "both pre and after"], id="in German"
        ),
        pytest.param(
            "[add.de]\npre = ['Neu']\npost = ['neu']\n",
            ["line 2", "both pre and post"],
            id="opposites in the file",
        ),
        pytest.param(
            "[remove.de]\npre = ['leeraufname*']\n",
            ["line 2", "'leeraufname*'", "'leeraufnahme*'"],
            id="removing what is not there",
        ),
        pytest.param("[rules.x]\nenabeld = true\n", ["line 2", "'enabled'"], id="setting"),
        pytest.param("[rules.x]\nenabled = 'no'\n", ["line 2", "true or false"], id="not boolean"),
        pytest.param("[rules]\nx = 1\n", ["line 2", "must be a table"], id="rule no table"),
        pytest.param("[rules.x]\nstrength = 'hnt'\n", ["line 2", "'hnt'", "'hint'"], id="strength"),
        pytest.param("[thresholds]\ngap = 'ten'\n", ["line 2", "number"], id="no number"),
        pytest.param("[thresholds]\ngap = true\n", ["line 2", "number"], id="boolean"),
        *(
            pytest.param(f"[thresholds]\ngap = {value}\n", ["line 2", "gap cannot be"], id=value)
            for value in ("nan", "-nan", "inf", "-inf", "-5", "-0.1", "1e308", "9" * 400)
        ),
        pytest.param(
            "[add.codes]\nview.CCC = ['99X:1']\n", ["line 2", "'view.CCC'"], id="use of a code"
        ),
        pytest.param("[add.codes]\nview.CC = ['77']\n", ["line 2", "SCHEME:VALUE"], id="code"),
        pytest.param(
            "[remove.codes]\nview.CC = ['SCT:1']\n", ["line 2", "'SCT:1'"], id="code not there"
        ),
    ],
)
def test_a_wrong_overlay_is_refused_with_its_line(tmp_path, text, says):
    message = refusal(tmp_path, text)

    assert "rules.toml" in message
    for words in says:
        assert words in message


def test_a_rules_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RulesError, match="cannot read"):
        load_vocabulary(tmp_path / "none.toml")


def test_a_rules_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes("[add.de]\npre = ['Füllung']\n".encode("latin-1"))

    with pytest.raises(RulesError, match="line 2: not UTF-8"):
        load_vocabulary(path)


def test_a_byte_order_mark_is_allowed(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xef\xbb\xbf[thresholds]\ngap_minutes = 3\n")

    assert load_vocabulary(path).thresholds == {"gap_minutes": 3.0}


def test_a_removed_word_may_be_added_with_the_opposite_meaning(tmp_path):
    vocabulary = load(tmp_path, "[remove.de]\npost = ['mkm']\n[add.de]\npre = ['mkm']\n")

    assert "mkm" in vocabulary.phrases("pre", "de")


def test_names_of_rules_and_thresholds_are_checked_where_they_are_known(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('[rules."contrast-agnet"]\nenabled = false\n', encoding="utf-8")
    with pytest.raises(RulesError, match=r"line 1: unknown rule .*did you mean 'contrast-agent'"):
        load_vocabulary(path, rules={"contrast-agent"})

    path.write_text("[thresholds]\ngap_minute = 3\n", encoding="utf-8")
    with pytest.raises(RulesError, match=r"line 2: unknown threshold .*'gap_minutes'"):
        load_vocabulary(path, thresholds={"gap_minutes"})


def test_a_rules_file_of_absurd_size_is_refused(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes(b"#" * (5 * 2**20))

    with pytest.raises(RulesError, match="4 MiB"):
        load_vocabulary(path)


DEEP = [
    pytest.param("a = " + "[" * 100_000, id="lists"),
    pytest.param("a = " + "{a=" * 100_000, id="tables"),
    pytest.param(".".join(["a"] * 100_000) + " = 1", id="keys"),
    pytest.param("[add." + ".".join(["a"] * 5000) + "]\npost = ['x']", id="a name of many parts"),
    pytest.param("a = " + "9" * 5000, id="digits"),
]


@pytest.mark.parametrize("text", DEEP)
def test_a_rules_file_without_end_is_refused(tmp_path, text):
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RulesError):
        load_vocabulary(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_rules_that_are_no_file_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(RulesError, match="cannot read"):
            load_vocabulary(path)
