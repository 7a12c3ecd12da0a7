from dataclasses import replace

import numpy as np
import pytest

from ductdicom.phantom.picture.ducts import DuctFinding, DuctPlan, grow_ducts

PLAN = DuctPlan(seed=20, calibre_mm=2.0)


def test_the_same_plan_grows_the_same_tree():
    assert np.array_equal(grow_ducts(PLAN).tubes, grow_ducts(PLAN).tubes)


def test_the_tree_starts_at_the_nipple_and_branches_into_fine_ducts():
    tree = grow_ducts(PLAN)

    assert tree.tubes[0, :3] == pytest.approx([0, 0, 0])
    assert 1.0 <= 2 * tree.tubes[:20, 3].max() <= 3.0
    assert 0.2 <= 2 * tree.tubes[:, 7].min() <= 0.6
    assert len(tree.tubes) > 200


def test_the_lobe_lies_where_the_clock_says():
    superior = grow_ducts(replace(PLAN, clock_deg=0)).tubes[:, 5].mean()
    inferior = grow_ducts(replace(PLAN, clock_deg=180)).tubes[:, 5].mean()

    assert inferior < 0 < superior


def test_a_filling_defect_widens_the_duct_and_nearly_fills_it():
    plain = grow_ducts(PLAN)
    tree = grow_ducts(replace(PLAN, finding=DuctFinding.FILLING_DEFECT))

    assert tree.tubes[:, 7].max() > plain.tubes[:, 7].max()
    assert 0 < tree.defects[:, 3].max() < tree.tubes[:, 7].max()


def test_a_cut_off_ends_the_tree():
    tree = grow_ducts(replace(PLAN, finding=DuctFinding.CUT_OFF))

    assert tree.path_mm.max() < 0.5 * grow_ducts(PLAN).path_mm.max()


def test_ectasia_widens_the_large_ducts_only():
    plain, wide = grow_ducts(PLAN), grow_ducts(replace(PLAN, finding=DuctFinding.ECTASIA))
    far = plain.path_mm > 50

    assert wide.tubes[5, 7] > 1.8 * plain.tubes[5, 7]
    assert np.allclose(wide.tubes[far, 7], plain.tubes[far, 7], rtol=0.02)


def test_extravasation_spills_beside_the_duct():
    assert len(grow_ducts(replace(PLAN, finding=DuctFinding.EXTRAVASATION)).spill) > 10


def test_incomplete_filling_shows_the_beginning_of_the_same_tree():
    whole, part = grow_ducts(PLAN), grow_ducts(replace(PLAN, filling=0.4))
    beginning = whole.path_mm <= 0.4 * whole.path_mm.max()

    assert np.array_equal(part.tubes, whole.tubes[beginning])
