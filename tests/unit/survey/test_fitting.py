"""Of what a cloud has, the smallest that fits is chosen, as scenarios choose by themselves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from openstack.image.v2.image import Image as OfGlance
from stackprobe.survey.fitting import fit
from stackprobe.survey.model import Flavor, Network
from stackprobe.survey.questions import QUESTIONS

from tests.support.surveys import CIRROS, DEBIAN, SMALL, TINY, survey


def test_the_smallest_image_and_the_smallest_flavor_for_it() -> None:
    chosen = fit(survey())
    assert (chosen.flavor, chosen.image) == (TINY, CIRROS)


def test_an_image_that_needs_more_gets_a_larger_flavor() -> None:
    assert fit(survey(images=(DEBIAN,))).flavor == SMALL


def test_an_image_for_which_no_flavor_is_large_enough_is_passed_over() -> None:
    tight = replace(CIRROS, size_bytes=1, min_ram_mb=1_000_000)
    chosen = fit(survey(images=(tight, DEBIAN)))
    assert (chosen.flavor, chosen.image) == (SMALL, DEBIAN)


@pytest.mark.parametrize(("virtual_size", "disk_gb"), [(None, 0), (1, 1), (3 * 1024**3, 3), (3 * 1024**3 + 1, 4)])
def test_an_image_takes_as_much_disk_as_it_has_unpacked(virtual_size: int | None, disk_gb: int) -> None:
    image = OfGlance(id="a", name="packed", size=300_000_000, virtual_size=virtual_size)
    connection = SimpleNamespace(image=SimpleNamespace(images=lambda **_: [image]))
    (found,) = QUESTIONS["images"][1](connection)
    assert found.min_disk_gb == disk_gb


def test_a_flavor_without_a_disk_does_not_fit() -> None:
    chosen = fit(survey(flavors=(Flavor("0", "diskless", 1, 64, 0),)))
    assert (chosen.flavor, chosen.image) == (None, CIRROS)


def test_public_images_go_before_smaller_ones_of_others() -> None:
    shared = replace(CIRROS, id="s", name="shared", size_bytes=1, visibility="shared")
    assert fit(survey(images=(shared, DEBIAN))).image == DEBIAN
    assert fit(survey(images=(shared,))).image == shared


def test_what_is_no_disk_or_empty_is_no_image_to_boot() -> None:
    installer, empty = replace(CIRROS, disk_format="iso"), replace(CIRROS, size_bytes=0)
    assert fit(survey(images=(installer, empty))).image is None


def test_the_first_external_network_by_name() -> None:
    chosen = fit(survey(external_networks=(Network("2", "wan"), Network("1", "extra"))))
    assert chosen.external == Network("1", "extra")


def test_what_was_not_answered_leaves_the_choice_open() -> None:
    chosen = fit(survey(flavors=None, images=None, external_networks=None))
    assert (chosen.flavor, chosen.image, chosen.external) == (None, None, None)
