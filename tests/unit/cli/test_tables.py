from ductdicom.cli.tables import print_table


def test_columns_are_as_wide_as_their_widest_cell(capsys):
    print_table(("a", "number"), [("long word", 1), ("b", 23)])

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["a          number", "long word  1", "b          23"]


def test_nothing_in_a_cell_steers_the_terminal(capsys):
    print_table(("a",), [("x\x1b[31m\ny",)])

    assert capsys.readouterr().out == "a\nx·[31m·y\n"
