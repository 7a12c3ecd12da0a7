"""What technologists type, by language: the examination's name, and phrases of before and after.

``{s}`` stands for the side, ``{v}`` for the view. The phrases are what a radiographer of that
language writes at the console, abbreviated and without accents as often as not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's words; ``left`` and ``right`` as they are typed beside a view."""

    left: str
    right: str
    exams: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


WORDS = {
    "en": Words(
        left="LT",
        right="RT",
        exams=("DUCTOGRAM {s}", "DUCTO/GALACTOGRAM 1 DUCT {s}", "MAM GALACTOGRAM SINGLE DUCT {s}"),
        before=("{s} {v} SCOUT", "{s} {v} PRE CONTRAST", "{s} {v} PRE INJ", "{v} NONCON"),
        after=(
            "{s} {v} POST CONTRAST",
            "{s} {v} POST INJ MAG",
            "{v} AFTER INJECTION",
            "{s} {v} C+",
        ),
    ),
    "de": Words(
        left="links",
        right="rechts",
        exams=("Galaktographie {s}", "Galaktografie {s} Mamma", "MG Galaktographie {s}"),
        before=("{v} {s} nativ", "{v} {s} Leeraufnahme", "{s} {v} vor KM-Gabe", "{v} ohne KM"),
        after=("{v} {s} nach KM", "{s} {v} mit KM", "{v} {s} n. KM", "{v} nach Injektion"),
    ),
    "fr": Words(
        left="gauche",
        right="droit",
        exams=("Galactographie {s}", "GALACTOGRAPHIE SEIN {s}", "RX GALACTOGRAPHIE"),
        before=(
            "{v} sans injection",
            "{v} {s} avant injection",
            "cliché à blanc {v}",
            "{v} SANS PDC",
        ),
        after=(
            "{v} après injection",
            "{v} {s} avec PDC",
            "APRES INJECTION {v}",
            "{v} post injection",
        ),
    ),
    "es": Words(
        left="izquierda",
        right="derecha",
        exams=("GALACTOGRAFIA {s}", "Galactografía de un conducto {s}", "DUCTOGRAFIA MAMA {s}"),
        before=(
            "{v} sin contraste",
            "{v} {s} precontraste",
            "{v} ANTES DE CONTRASTE",
            "{v} simple",
        ),
        after=(
            "{v} con contraste",
            "{v} {s} postcontraste",
            "{v} tras contraste",
            "{v} DESPUES DE CONTRASTE",
        ),
    ),
    "pt": Words(
        left="esquerda",
        right="direita",
        exams=("GALACTOGRAFIA {s}", "Ductografia mama {s}", "MG DUCTOGRAFIA {s}"),
        before=(
            "{v} sem contraste",
            "{v} {s} pré-contraste",
            "{v} ANTES DO CONTRASTE",
            "{v} S/ CONTRASTE",
        ),
        after=(
            "{v} com contraste",
            "{v} {s} pós-contraste",
            "{v} APOS CONTRASTE",
            "{v} C/ CONTRASTE",
        ),
    ),
    "it": Words(
        left="sinistra",
        right="destra",
        exams=("Galattografia {s}", "DUTTOGALATTOGRAFIA {s}", "GALATTOGRAFIA MAMMELLA {s}"),
        before=("{v} senza mdc", "{v} {s} prima del mdc", "{v} diretta", "{v} basale"),
        after=("{v} con mdc", "{v} {s} dopo mdc", "{v} POST MDC", "{v} con contrasto"),
    ),
    "nl": Words(
        left="links",
        right="rechts",
        exams=("Galactografie {s}", "DUCTOGRAFIE MAMMA {s}", "Melkgangonderzoek {s}"),
        before=("{v} {s} blanco", "{v} zonder contrast", "{v} voor contrast", "{s} {v} BLANCO"),
        after=(
            "{v} {s} met contrast",
            "{v} na contrast",
            "{s} {v} NA CONTRAST",
            "{v} met contrast mag",
        ),
    ),
    "sv": Words(
        left="vänster",
        right="höger",
        exams=("Galaktografi {s}", "Duktografi {s} bröst", "GALAKTOGRAFI {s}"),
        before=("{v} {s} utan kontrast", "{v} före kontrast", "{v} nativ", "{v} utan km"),
        after=("{v} {s} med kontrast", "{v} efter kontrast", "{v} EFTER KONTRAST", "{v} med km"),
    ),
    "da": Words(
        left="venstre",
        right="højre",
        exams=("Galaktografi {s}", "Duktografi {s} mamma", "Galaktografi, {s}"),
        before=("{v} {s} uden kontrast", "{v} før kontrast", "{v} nativ", "{v} UDEN KONTRAST"),
        after=(
            "{v} {s} med kontrast",
            "{v} efter kontrast",
            "{v} MED KONTRAST",
            "{v} {s} efter kontrast",
        ),
    ),
    "no": Words(
        left="venstre",
        right="høyre",
        exams=("Galaktografi {s}", "Duktografi {s}", "GALAKTOGRAFI MAMMA {s}"),
        before=("{v} {s} uten kontrast", "{v} før kontrast", "{v} nativ", "{v} UTEN KONTRAST"),
        after=(
            "{v} {s} med kontrast",
            "{v} etter kontrast",
            "{v} ETTER KONTRAST",
            "{v} {s} m/ kontrast",
        ),
    ),
    "pl": Words(
        left="lewa",
        right="prawa",
        exams=("Galaktografia {s}", "DUKTOGRAFIA PIERSI {s}", "Galaktografia piers {s}"),
        before=(
            "{v} {s} bez kontrastu",
            "{v} przed kontrastem",
            "{v} PRZED PODANIEM KONTRASTU",
            "{v} przeglądowe",
        ),
        after=(
            "{v} {s} po kontraście",
            "{v} z kontrastem",
            "{v} PO PODANIU KONTRASTU",
            "{v} po kontrascie",
        ),
    ),
    "cs": Words(
        left="vlevo",
        right="vpravo",
        exams=("Galaktografie {s}", "Duktografie {s}", "GALAKTOGRAFIE {s}"),
        before=("{v} {s} nativ", "{v} bez KL", "{v} před aplikací KL", "{v} bez kontrastu"),
        after=("{v} {s} po KL", "{v} s KL", "{v} po aplikaci KL", "{v} s kontrastem"),
    ),
    "tr": Words(
        left="sol",
        right="sağ",
        exams=("Galaktografi {s}", "{s} meme duktografi", "GALAKTOGRAFİ {s}"),
        before=("{v} {s} kontrastsız", "{v} kontrast öncesi", "{v} ILACSIZ", "{v} kontrastsiz"),
        after=("{v} {s} kontrastlı", "{v} kontrast sonrası", "{v} KONTRASTLI", "{v} ilaçlı"),
    ),
    "ru": Words(
        left="левая",
        right="правая",
        exams=("Дуктография {s}", "Галактография {s} молочная железа", "ДУКТОГРАФИЯ"),
        before=(
            "{v} {s} без контраста",
            "{v} до контрастирования",
            "{v} обзорная",
            "{v} до введения КВ",
        ),
        after=(
            "{v} {s} с контрастом",
            "{v} после контрастирования",
            "{v} ПОСЛЕ ВВЕДЕНИЯ КВ",
            "{v} с КВ",
        ),
    ),
    "ja": Words(
        left="左",
        right="右",
        exams=("乳管造影 {s}", "{s}乳腺 乳管造影", "ｶﾞﾗｸﾄｸﾞﾗﾌｨ {s}"),
        before=("{s} {v} 造影前", "{v} 単純", "{s}{v} 造影なし", "造影前 {v}"),
        after=("{s} {v} 造影後", "{v} 注入後", "{s}{v} 造影あり", "造影後 {v}"),
    ),
    "zh": Words(
        left="左",
        right="右",
        exams=("乳腺导管造影 {s}", "{s}乳导管造影", "乳管造影"),
        before=("{s} {v} 造影前", "{v} 平片", "{s}{v} 注药前", "注射前 {v}"),
        after=("{s} {v} 造影后", "{v} 注药后", "{s}{v} 造影後", "注射后 {v}"),
    ),
    "ko": Words(
        left="좌측",
        right="우측",
        exams=("유관조영술 {s}", "{s} 유관조영술", "유선관조영"),
        before=("{s} {v} 조영 전", "{v} 조영전", "{v} 단순", "{s} {v} 주입 전"),
        after=("{s} {v} 조영 후", "{v} 조영후", "{v} 주입 후", "{s} {v} 주입후"),
    ),
    "hu": Words(
        left="bal",
        right="jobb",
        exams=("Galaktográfia {s}", "Duktográfia {s} emlő"),
        before=("{v} {s} natív", "{v} kontrasztanyag nélkül", "{v} kontraszt előtt"),
        after=("{v} kontrasztanyaggal", "{v} {s} kontraszt után", "{v} kontrasztanyag után"),
    ),
    "fi": Words(
        left="vasen",
        right="oikea",
        exams=("Galaktografia {s}", "Duktografia {s} rinta"),
        before=("{v} {s} natiivi", "{v} ilman varjoainetta", "{v} ennen varjoainetta"),
        after=("{v} varjoaineen jälkeen", "{v} varjoaineella", "{v} {s} varjoaineen jalkeen"),
    ),
    "ro": Words(
        left="stânga",
        right="dreapta",
        exams=("Galactografie {s}", "Ductografie sân {s}"),
        before=("{v} {s} nativ", "{v} fără contrast", "{v} fara substanta de contrast"),
        after=("{v} cu contrast", "{v} {s} după contrast", "{v} dupa substanta de contrast"),
    ),
    "uk": Words(
        left="ліва",
        right="права",
        exams=("Дуктографія {s}", "Галактографія {s}"),
        before=("{v} {s} без контрасту", "{v} до введення контрасту", "{v} оглядова"),
        after=("{v} з контрастом", "{v} {s} після контрастування", "{v} після введення контрасту"),
    ),
}
